import {
  type ChangeType,
  type DeadlineKind,
  IdentityTakenError,
  type ImportedInstance,
  type InstanceId,
  type InstanceQuery,
  type InstanceRecord,
  type NovitaInstanceId,
  type PictureNote,
  type WriteBasis,
  type WriteOptions,
} from '@app/instance-store';
import { type LockHold, LockLostError, type Timestamp } from '@app/platform';

interface Held {
  record: InstanceRecord;
  lastUsedAt: Timestamp | null;
}

/** What a store should do, said as plainly as possible: every answer is worked out from all records. */
export class FleetModel {
  readonly held = new Map<InstanceId, Held>();
  /** The acquisition of the lock that counts; every other one was lost. */
  hold: LockHold | null = null;
  private readonly pictureOf = new Map<InstanceId, string>();
  readonly feed: { type: ChangeType; instanceId: InstanceId; revision: number; record: InstanceRecord | null }[] = [];

  insert(record: InstanceRecord, picture = ''): string {
    if (this.held.has(record.id) || this.isTaken(record)) return 'exists';
    const written = { ...record, revision: 1 };
    this.held.set(record.id, { record: written, lastUsedAt: null });
    this.pictureOf.set(record.id, picture);
    this.announce('instance.created', written);
    return 'inserted';
  }

  insertMany(instances: readonly ImportedInstance[], hold: LockHold): readonly boolean[] | string {
    if (this.isLost(hold)) return 'lock-lost';
    return instances.map(({ record, picture }) => this.insert({ ...record, revision: 1 }, picture) === 'inserted');
  }

  notePictures(notes: readonly PictureNote[], hold: LockHold): string {
    if (this.isLost(hold)) return 'lock-lost';
    for (const { id, revision, picture } of notes) {
      if (this.held.get(id)?.record.revision === revision) this.pictureOf.set(id, picture);
    }
    return 'noted';
  }

  /** The picture of each live record with a provider's id. */
  pictures(): Map<NovitaInstanceId, string> {
    const live = this.records().filter(({ record }) => record.status !== 'terminated');
    return new Map(
      live.flatMap(({ record: { id, novitaInstanceId } }) =>
        novitaInstanceId === null ? [] : [[novitaInstanceId, this.pictureOf.get(id) ?? '']],
      ),
    );
  }

  write(next: InstanceRecord, basis: WriteBasis, { hold, picture = '' }: WriteOptions): string {
    if (this.isLost(hold)) return 'lock-lost';
    const held = this.held.get(next.id);
    if (held === undefined) return 'missing';
    if (basis.kind === 'observation' && basis.observedAt < held.record.desired.at) return 'outdated-observation';
    if (held.record.revision !== next.revision) return 'stale';
    if (this.isTaken(next)) return 'taken';
    this.pictureOf.set(next.id, picture);
    const before = held.record.status;
    held.record = { ...next, revision: next.revision + 1 };
    const isNamed = next.status !== before && next.status !== 'creating' && next.status !== 'created';
    this.announce(isNamed ? (`instance.${next.status}` as ChangeType) : 'instance.updated', held.record);
    return 'written';
  }

  remove(id: InstanceId, revision: number, hold: LockHold | undefined): string {
    if (this.isLost(hold)) return 'lock-lost';
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

  list({ statuses, region, namePrefix, group, sort }: InstanceQuery): Held[] {
    const compare = sort.endsWith('name') ? byName : byCreated;
    const listed = this.records()
      .filter(({ record }) => statuses === undefined || statuses.includes(record.status))
      .filter(({ record }) => region === undefined || record.spec.region === region)
      .filter(({ record }) => record.name.startsWith(namePrefix ?? ''))
      .filter(({ record }) => group === undefined || groupName(record) === group)
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

  private isLost(hold: LockHold | undefined): boolean {
    return hold !== undefined && hold.token !== this.hold?.token;
  }

  private announce(type: ChangeType, record: InstanceRecord): void {
    this.feed.push({ type, instanceId: record.id, revision: record.revision, record });
  }
}

/** The outcome of a write, with its refusals among them. */
export async function outcomeOf<Outcome>(write: Promise<Outcome>): Promise<Outcome | 'taken' | 'lock-lost'> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof IdentityTakenError) return 'taken';
    if (error instanceof LockLostError) return 'lock-lost';
    throw error;
  }
}

function groupName({ origin, status, ignored }: InstanceRecord): string | null {
  if (origin !== 'discovered' || status === 'terminated') return null;
  return ignored ? 'ignored-orphan' : 'orphan';
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
