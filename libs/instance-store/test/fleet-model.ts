import {
  type ChangeType,
  type DeadlineKind,
  IdentityTakenError,
  type InstanceId,
  type InstanceQuery,
  type InstanceRecord,
  type InstanceStore,
  type NovitaInstanceId,
  type WriteBasis,
} from '@app/instance-store';
import type { Timestamp } from '@app/platform';

interface Held {
  record: InstanceRecord;
  lastUsedAt: Timestamp | null;
}

/** What a store should do, said as plainly as possible: every answer is worked out from all records. */
export class FleetModel {
  readonly held = new Map<InstanceId, Held>();
  readonly feed: { type: ChangeType; instanceId: InstanceId; revision: number; record: InstanceRecord | null }[] = [];

  insert(record: InstanceRecord): string {
    if (this.held.has(record.id) || this.isTaken(record)) return 'exists';
    const written = { ...record, revision: 1 };
    this.held.set(record.id, { record: written, lastUsedAt: null });
    this.announce('instance.created', written);
    return 'inserted';
  }

  write(next: InstanceRecord, basis: WriteBasis): string {
    const held = this.held.get(next.id);
    if (held === undefined) return 'missing';
    if (basis.kind === 'observation' && basis.observedAt < held.record.desired.at) return 'outdated-observation';
    if (held.record.revision !== next.revision) return 'stale';
    if (this.isTaken(next)) return 'taken';
    const before = held.record.status;
    held.record = { ...next, revision: next.revision + 1 };
    const isNamed = next.status !== before && next.status !== 'creating' && next.status !== 'created';
    this.announce(isNamed ? (`instance.${next.status}` as ChangeType) : 'instance.updated', held.record);
    return 'written';
  }

  remove(id: InstanceId, revision: number): string {
    const held = this.held.get(id);
    if (held === undefined) return 'missing';
    if (held.record.revision !== revision) return 'stale';
    this.held.delete(id);
    this.feed.push({ type: 'instance.removed', instanceId: id, revision, record: null });
    return 'removed';
  }

  touch(id: InstanceId | NovitaInstanceId, at: Timestamp): unknown {
    const held = this.records().find(({ record }) => record.id === id || record.novitaInstanceId === id);
    if (held === undefined) return { outcome: 'missing' };
    const moved = held.lastUsedAt === null || at > held.lastUsedAt;
    if (moved) held.lastUsedAt = at;
    return { outcome: 'touched', id: held.record.id, lastUsedAt: held.lastUsedAt, moved };
  }

  list({ statuses, region, namePrefix, sort }: InstanceQuery): Held[] {
    const compare = sort.endsWith('name') ? byName : byCreated;
    const listed = this.records()
      .filter(({ record }) => statuses === undefined || statuses.includes(record.status))
      .filter(({ record }) => region === undefined || record.spec.region === region)
      .filter(({ record }) => record.name.startsWith(namePrefix ?? ''))
      .toSorted((a, b) => compare(a.record, b.record));
    return sort.startsWith('-') ? listed.toReversed() : listed;
  }

  due(kind: DeadlineKind, now: Timestamp): InstanceId[] {
    return this.records()
      .flatMap(({ record }) => ({ id: record.id, at: record.deadlines[kind] }))
      .filter(({ at }) => at !== undefined && at <= now)
      .toSorted((a, b) => compareText(a.at ?? '', b.at ?? '') || compareText(a.id, b.id))
      .map(({ id }) => id);
  }

  records(): Held[] {
    return [...this.held.values()];
  }

  private isTaken({ id, marker, novitaInstanceId }: InstanceRecord): boolean {
    return this.records().some(
      ({ record }) =>
        record.id !== id &&
        ((marker !== '' && record.marker === marker) ||
          (novitaInstanceId !== null && record.novitaInstanceId === novitaInstanceId)),
    );
  }

  private announce(type: ChangeType, record: InstanceRecord): void {
    this.feed.push({ type, instanceId: record.id, revision: record.revision, record });
  }
}

/** The outcome of a write, with the refusal of a taken identity as one of them. */
export async function outcomeOfWrite(store: InstanceStore, next: InstanceRecord, basis: WriteBasis): Promise<string> {
  try {
    return (await store.write(next, basis)).outcome;
  } catch (error) {
    if (error instanceof IdentityTakenError) return 'taken';
    throw error;
  }
}

function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function byCreated(a: InstanceRecord, b: InstanceRecord): number {
  return compareText(a.timestamps.created, b.timestamps.created) || compareText(a.id, b.id);
}

function byName(a: InstanceRecord, b: InstanceRecord): number {
  return compareText(a.name, b.name) || byCreated(a, b);
}
