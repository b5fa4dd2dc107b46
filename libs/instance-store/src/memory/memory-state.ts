import type { Clock, Timestamp } from '@app/platform';
import { boundedBy } from '../plan/audit-lines.js';
import { type IdleState, idleDueMs } from '../plan/idle-clock.js';
import type { IndexEntry, RecordRules } from '../plan/prepared-record.js';
import type { TouchResult } from '../ports/idle-tracker.port.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord, StoredInstance } from '../record/instance.js';
import type { MemoryChangeFeed } from './memory-change-feed.js';
import { MemoryTables } from './memory-tables.js';

/** A record with the state that is kept beside it. */
export interface Held {
  readonly record: InstanceRecord;
  readonly entry: IndexEntry;
  readonly idle: IdleState;
  readonly lastUsedAt: Timestamp | null;
  /** Who reported the latest use; null when it is not known. */
  readonly lastUsedBy: string | null;
  /** The beginning of the idle period that the latest warning was about. */
  readonly warnedMs: number | null;
}

/** The state that the adapters of one store in memory share: its records and what is kept beside them. */
export class MemoryStoreState {
  readonly held = new Map<InstanceId, Held>();
  readonly tables = new MemoryTables();

  constructor(
    readonly clock: Clock,
    readonly feed: MemoryChangeFeed,
    readonly rules: RecordRules,
  ) {}

  ofEither(id: InstanceId | NovitaInstanceId): Held | undefined {
    const ours = isInstanceId(id) ? id : this.tables.lookUp('by-novita-id', id);
    return ours === undefined ? undefined : this.held.get(ours);
  }

  stored(ids: readonly InstanceId[]): StoredInstance[] {
    return ids.flatMap((id) => storedOrNull(this.held.get(id)) ?? []);
  }

  /** Keeps the later of the known and the given use. */
  use(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): TouchResult {
    const held = this.ofEither(id);
    if (held === undefined) return { outcome: 'missing' };
    const { id: ours, status } = held.record;
    if (held.lastUsedAt !== null && held.lastUsedAt >= at) {
      return { outcome: 'touched', id: ours, lastUsedAt: held.lastUsedAt, moved: false, status };
    }
    const who = by === undefined ? '' : boundedBy(by);
    this.hold({ ...held, lastUsedAt: at, lastUsedBy: who === '' ? null : who });
    this.feed.uses.note(ours, at);
    return { outcome: 'touched', id: ours, lastUsedAt: at, moved: true, status };
  }

  /** Replaces what is held of a record, and places its idle deadline. */
  hold(held: Held): void {
    this.held.set(held.record.id, held);
    this.placeIdle(held.record.id);
  }

  placeIdle(id: InstanceId): void {
    const held = this.held.get(id);
    if (held === undefined) return;
    const due = idleDueMs(held.idle.clock, held.lastUsedAt, held.warnedMs);
    this.tables.deadlinesOf('autoStopAt').set(id, due);
  }
}

export function storedOf({ record, lastUsedAt }: Held): StoredInstance {
  return { record, lastUsedAt };
}

export function storedOrNull(held: Held | undefined): StoredInstance | null {
  return held === undefined ? null : storedOf(held);
}
