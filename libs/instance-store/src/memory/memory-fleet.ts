import type { Timestamp } from '@app/platform';
import { type IdleState, idleDueMs } from '../idle/idle-state.js';
import type { InstanceRecord, StoredInstance } from '../instance.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import { type IndexEntry, idOfMember } from '../listing/index-entry.js';
import type { ListPlan } from '../listing/list-plan.js';
import { MemoryIndexes } from './memory-indexes.js';

export interface Held {
  readonly record: InstanceRecord;
  readonly entry: IndexEntry;
  readonly idle: IdleState;
  readonly lastUsedAt: Timestamp | null;
  /** Who reported the latest use; null when it was not told. */
  readonly lastUsedBy: string | null;
  /** The beginning of the idle period that was warned about last. */
  readonly warnedMs: number | null;
}

export const NEVER_USED = { lastUsedAt: null, lastUsedBy: null, warnedMs: null } as const;

/** The records of this process and what finds them. Keeps the idle deadline of each equal to what is held of it. */
export class MemoryFleet {
  readonly indexes = new MemoryIndexes();
  private readonly held = new Map<InstanceId, Held>();

  /** Of our id, or of what a look-up found. */
  of(id: InstanceId | undefined): Held | undefined {
    return id === undefined ? undefined : this.held.get(id);
  }

  ofEither(id: InstanceId | NovitaInstanceId): Held | undefined {
    return this.of(isInstanceId(id) ? id : this.indexes.byNovitaId(id));
  }

  stored(ids: readonly InstanceId[]): StoredInstance[] {
    return ids.flatMap((id) => storedOrNull(this.of(id)) ?? []);
  }

  hold(next: Held): void {
    this.held.set(next.record.id, next);
    this.indexes.moveIdle(next.record.id, idleDueMs(next.idle.clock, next.lastUsedAt, next.warnedMs));
  }

  noteWarned(held: Held, warnedMs: number, dueMs: number): void {
    this.held.set(held.record.id, { ...held, warnedMs });
    this.indexes.moveIdle(held.record.id, dueMs);
  }

  drop({ record, entry }: Held): void {
    this.held.delete(record.id);
    this.indexes.remove(record.id, entry);
    this.indexes.moveIdle(record.id, null);
  }

  /** Up to one more than the page, by which it is known whether another follows. */
  membersOf(plan: ListPlan): string[] {
    const { order, scopes, after, descending, namePrefix } = plan;
    const limit = plan.limit + 1;
    if (order === 'name' || namePrefix === '') {
      return this.indexes.walk(order, scopes, { prefix: namePrefix, after, descending, limit });
    }
    const members: string[] = [];
    for (const member of this.indexes.walk(order, scopes, { prefix: '', after, descending, limit: this.held.size })) {
      if (this.of(idOfMember(member))?.entry.name.startsWith(namePrefix)) members.push(member);
      if (members.length === limit) break;
    }
    return members;
  }
}

export function storedOf({ record, lastUsedAt }: Held): StoredInstance {
  return { record, lastUsedAt };
}

export function storedOrNull(held: Held | undefined): StoredInstance | null {
  return held === undefined ? null : storedOf(held);
}
