import {
  type AuditEntry,
  type ChangeType,
  type DeadlineKind,
  type DigestNote,
  IdentityTakenError,
  type IdleClock,
  type IdleRules,
  type IdleWarning,
  type ImportedInstance,
  type InstanceId,
  type InstanceRecord,
  type InstanceStatus,
  idleCounting,
  type NovitaInstanceId,
  type StoredInstance,
  type WriteBasis,
  type WriteOptions,
} from '@app/instance-store';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import { withCost } from '../src/plan/cost.js';
import { at, idleRules } from './harness.js';

interface Held {
  record: InstanceRecord;
  lastUsedAt: Timestamp | null;
  /** By the rules at the last write or reindex. */
  clock: IdleClock | null;
  warnedMs: number | null;
  dueMs: number | null;
  /** The latest first. */
  auditLog: AuditEntry[];
}

/** With times of seconds, so that what is warned about, stopped and used meets. */
export function modelRules(): ReturnType<typeof idleRules> {
  const byTemplate = new Map<string, number | 'off'>([
    ['never', 'off'],
    ['patient', 4_000],
  ]);
  return { ...idleRules(), thresholdMs: 2_000, warningMs: 1_000, byTemplate };
}

/** How long the stores wait for the provider's agreement. */
export const PATIENCE_MS = 1_000;
/** When the stores' clock stands. */
const NOW = at(0);

/** What a store should do, said as plainly as possible: every answer is worked out from all records. */
export class FleetModel {
  readonly held = new Map<InstanceId, Held>();
  /** The acquisition of the lock that counts; every other one was lost. */
  hold: LockHold | null = null;
  private readonly digestOf = new Map<InstanceId, string>();
  readonly feed: { type: ChangeType; instanceId: InstanceId; revision: number; record: InstanceRecord | null }[] = [];

  /** Makes audit log entries of its own different from all before. */
  entered = 0;

  constructor(readonly rules: { -readonly [Member in keyof IdleRules]: IdleRules[Member] }) {}

  insert(record: InstanceRecord, digest = '', beginsAuditLog = true): string {
    if (this.held.has(record.id) || this.isTaken(record)) return 'exists';
    const written = withCost({ ...record, revision: 1 }, msFromTimestamp(NOW));
    const by = record.desired.by;
    const reason = 'the record was made';
    const auditLog: AuditEntry[] = [
      { at: NOW, kind: 'status', by, to: record.status, reason },
      { at: NOW, kind: 'wish', by, to: record.desired.state, reason },
    ];
    this.held.set(record.id, {
      record: written,
      lastUsedAt: null,
      clock: null,
      warnedMs: null,
      dueMs: null,
      auditLog: beginsAuditLog ? auditLog : [],
    });
    this.reindex([record.id]);
    this.digestOf.set(record.id, digest);
    this.emit(record.origin === 'discovered' ? 'instance.orphan_detected' : 'instance.created', written);
    return 'inserted';
  }

  insertMany(instances: readonly ImportedInstance[], hold: LockHold): readonly boolean[] | string {
    if (this.isLost(hold)) return 'lock-lost';
    return instances.map(({ record, digest }) => this.insert({ ...record, revision: 1 }, digest, false) === 'inserted');
  }

  noteDigests(notes: readonly DigestNote[], hold: LockHold): string {
    if (this.isLost(hold)) return 'lock-lost';
    for (const { id, revision, digest } of notes) {
      if (this.held.get(id)?.record.revision === revision) this.digestOf.set(id, digest);
    }
    return 'noted';
  }

  /** The listing digest of each live record with a provider's id. */
  digests(): Map<NovitaInstanceId, string> {
    const live = this.records().filter(({ record }) => record.status !== 'terminated');
    return new Map(
      live.flatMap(({ record: { id, novitaInstanceId } }) =>
        novitaInstanceId === null ? [] : [[novitaInstanceId, this.digestOf.get(id) ?? '']],
      ),
    );
  }

  write(next: InstanceRecord, basis: WriteBasis, { hold, digest = '', reason }: WriteOptions): string {
    if (this.isLost(hold)) return 'lock-lost';
    const held = this.held.get(next.id);
    if (held === undefined) return 'missing';
    if (basis.kind === 'observation' && basis.observedAt < held.record.desired.at) return 'outdated-observation';
    if (held.record.revision !== next.revision) return 'stale';
    if (this.isTaken(next)) return 'taken';
    this.digestOf.set(next.id, digest);
    const before = held.record.status;
    this.account(held, next, basis, hold, reason);
    held.record = withCost({ ...next, revision: next.revision + 1 }, msFromTimestamp(NOW));
    this.reindex([next.id]);
    const isNamed = next.status !== before && next.status !== 'creating' && next.status !== 'created';
    this.emit(isNamed ? (`instance.${next.status}` as ChangeType) : 'instance.updated', held.record);
    if (next.status !== before) this.emitMore(before, held.record);
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

  restore(stored: readonly StoredInstance[]): number {
    const isLost = ({ record }: StoredInstance): boolean => {
      const held = this.held.get(record.id);
      return (held === undefined || held.record.revision < record.revision) && !this.isTaken(record);
    };
    // Names that records of the store have before count as taken, whatever becomes of these.
    const restored = stored.filter(isLost).filter((one) => {
      if (!isLost(one)) return false;
      this.restoreOne(this.held.get(one.record.id), one.record, one.lastUsedAt);
      return true;
    });
    for (const { record, lastUsedAt } of stored) {
      if (lastUsedAt !== null) this.touch(record.id, lastUsedAt);
    }
    return restored.length;
  }

  private restoreOne(held: Held | undefined, record: InstanceRecord, lastUsedAt: Timestamp | null): void {
    const restored = held ?? { record, lastUsedAt, clock: null, warnedMs: null, dueMs: null, auditLog: [] };
    restored.record = record;
    this.held.set(record.id, restored);
    this.reindex([record.id]);
    this.digestOf.set(record.id, '');
    restored.auditLog.unshift({ at: NOW, kind: 'repair', by: 'lifecycle', reason: 'restored after a loss of data' });
    this.emit('instance.updated', record);
  }

  touch(id: InstanceId | NovitaInstanceId, at: Timestamp): unknown {
    const held = this.records().find(({ record }) => record.id === id || record.novitaInstanceId === id);
    if (held === undefined) return { outcome: 'missing' };
    const moved = held.lastUsedAt === null || at > held.lastUsedAt;
    if (moved) {
      held.lastUsedAt = at;
      held.dueMs = dueMs(held);
    }
    const { id: ours, status } = held.record;
    return { outcome: 'touched', id: ours, lastUsedAt: held.lastUsedAt, moved, status };
  }

  claim(next: InstanceRecord, lastUsedAt: Timestamp | null): string {
    const held = this.held.get(next.id);
    if (held?.record.revision === next.revision && isUsedSince(held, lastUsedAt)) return 'used-meanwhile';
    const outcome = this.write(next, { kind: 'command' }, { reason: 'idle' });
    return outcome === 'written' ? 'claimed' : outcome;
  }

  warn({ id, revision, lastUsedAt, idleSince, stopAt, reason }: IdleWarning): string {
    const held = this.held.get(id);
    if (held === undefined) return 'missing';
    if (held.record.revision !== revision || held.clock === null) return 'stale';
    if (isUsedSince(held, lastUsedAt)) return 'used-meanwhile';
    if (held.warnedMs === msFromTimestamp(idleSince)) return 'already';
    held.warnedMs = msFromTimestamp(idleSince);
    held.dueMs = msFromTimestamp(stopAt);
    held.auditLog.unshift({ at: NOW, kind: 'warning', by: 'auto-stop', reason });
    this.emit('instance.auto_stop_warning', held.record);
    return 'warned';
  }

  reindex(ids: readonly InstanceId[]): void {
    for (const held of ids.flatMap((id) => this.held.get(id) ?? [])) {
      const counting = idleCounting(held.record, this.rules);
      held.clock = counting.counts ? counting.clock : null;
      held.dueMs = dueMs(held);
    }
  }

  postpone(ids: readonly InstanceId[], to: Timestamp): void {
    for (const held of ids.flatMap((id) => this.held.get(id) ?? [])) {
      if (held.dueMs !== null) held.dueMs = Math.max(held.dueMs, msFromTimestamp(to));
    }
  }

  enter(entries: readonly { readonly id: InstanceId; readonly entry: AuditEntry }[]): void {
    for (const { id, entry } of entries) this.held.get(id)?.auditLog.unshift(entry);
  }

  stored(id: InstanceId): StoredInstance | null {
    return storedOf(this.held.get(id) ?? null);
  }

  list(sort: 'createdAt' | '-createdAt' | 'name' | '-name'): StoredInstance[] {
    const compare = sort.endsWith('name') ? byName : byCreated;
    const listed = this.records().toSorted((a, b) => compare(a.record, b.record));
    return (sort.startsWith('-') ? listed.toReversed() : listed).map(({ record, lastUsedAt }) => ({
      record,
      lastUsedAt,
    }));
  }

  due(kind: DeadlineKind, now: Timestamp): InstanceId[] {
    return this.records()
      .flatMap((held) => {
        if (kind === 'autoStopAt') return held.dueMs === null ? [] : [{ id: held.record.id, ms: held.dueMs }];
        const deadline = deadlineOf(held.record, kind);
        return deadline === undefined ? [] : [{ id: held.record.id, ms: msFromTimestamp(deadline) }];
      })
      .filter(({ ms }) => ms <= msFromTimestamp(now))
      .toSorted((a, b) => a.ms - b.ms || compareText(a.id, b.id))
      .map(({ id }) => id);
  }

  records(): Held[] {
    return [...this.held.values()];
  }

  private account(
    { record: before, auditLog }: Held,
    next: InstanceRecord,
    basis: WriteBasis,
    hold: LockHold | undefined,
    given: string | undefined,
  ): void {
    const observed = basis.kind === 'observation';
    const reason = given ?? (observed ? 'observed at Novita' : 'no reason was given');
    const { state, at: desiredAt, by: desiredBy } = next.desired;
    if (state !== before.desired.state) {
      auditLog.unshift({ at: NOW, kind: 'wish', by: desiredBy, from: before.desired.state, to: state, reason });
    }
    if (next.status === before.status) return;
    const other = observed ? 'novita:get' : hold === undefined ? 'lifecycle' : 'sync';
    const by = desiredAt === before.desired.at ? other : desiredBy;
    auditLog.unshift({ at: NOW, kind: 'status', by, from: before.status, to: next.status, reason });
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

  private emitMore(before: InstanceStatus, record: InstanceRecord): void {
    const isUp = ['starting', 'running', 'health_checking', 'ready'].includes(record.status);
    if (record.status === 'stopped' && record.desired.by === 'spend-limit') {
      this.emit('instance.stopped_by_spend_limit', record);
    }
    if (record.status === 'stopped' && record.desired.by === 'auto-stop') {
      this.emit('instance.auto_stopped', record);
    } else if (before === 'migrating' && isUp) {
      this.emit('instance.migrated', record);
    }
  }

  private emit(type: ChangeType, record: InstanceRecord): void {
    this.feed.push({ type, instanceId: record.id, revision: record.revision, record });
  }
}

/** The outcome of a write, with its rejections among them. */
export async function outcomeOf<Outcome>(write: Promise<Outcome>): Promise<Outcome | 'taken' | 'lock-lost'> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof IdentityTakenError) return 'taken';
    if (error instanceof LockLostError) return 'lock-lost';
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

export function storedOf(held: StoredInstance | null): StoredInstance | null {
  return held === null ? null : { record: held.record, lastUsedAt: held.lastUsedAt };
}

function confirmBy({ origin, status, desired, confirmedAt }: InstanceRecord): Timestamp | undefined {
  if (desired.state === 'running' || confirmedAt !== null) return undefined;
  if (origin === 'discovered' || status === 'terminated') return undefined;
  return timestampFromMs(msFromTimestamp(desired.at) + PATIENCE_MS);
}

function deadlineOf(record: InstanceRecord, kind: Exclude<DeadlineKind, 'autoStopAt'>): Timestamp | undefined {
  if (kind === 'confirmBy') return confirmBy(record);
  return kind === 'lifetimeEndsAt' ? lifetimeEnd(record) : record.deadlines[kind];
}

/** No record of the model has a hold. */
function lifetimeEnd({
  maxLifetimeMinutes,
  origin,
  desired,
  status,
  timestamps,
}: InstanceRecord): Timestamp | undefined {
  const isUp = ['creating', 'created', 'starting', 'ready'].includes(status);
  if (maxLifetimeMinutes === null || origin === 'discovered' || desired.state !== 'running' || !isUp) return undefined;
  return timestampFromMs(msFromTimestamp(timestamps.created) + maxLifetimeMinutes * 60_000);
}

function isUsedSince({ lastUsedAt }: Held, known: Timestamp | null): boolean {
  return lastUsedAt !== null && (known === null || lastUsedAt > known);
}

function dueMs({ clock, lastUsedAt, warnedMs }: Held): number | null {
  if (clock === null) return null;
  const since = lastUsedAt === null ? clock.baseMs : Math.max(clock.baseMs, msFromTimestamp(lastUsedAt));
  const stop = since + clock.thresholdMs;
  return since === warnedMs ? stop : stop - clock.warningMs;
}
