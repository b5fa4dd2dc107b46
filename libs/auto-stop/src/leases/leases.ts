import {
  type Actor,
  type AuditEntry,
  type AutoStopLease,
  DegradedMode,
  type FleetRead,
  IdleTracker,
  type InstanceId,
  type InstanceRecord,
  InstanceRecords,
  instanceProblems,
  type KeyCaller,
  type NovitaInstanceId,
  refuseLongLease,
  refuseWhatOthersMade,
  type StoredInstance,
  targetOf,
  type UpdateResult,
  updateInstance,
} from '@app/instance-store';
import { jobProblems } from '@app/jobs';
import {
  Clock,
  defineProblems,
  formatDuration,
  msFromTimestamp,
  Problem,
  type Timestamp,
  timestampFromMs,
} from '@app/platform';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { AutoStopOptions } from '../options/auto-stop-options.js';

const ownProblems = defineProblems({
  'lease-not-plausible': {
    status: 422,
    title: 'The lease cannot be given',
    description: 'A lease ends in the future and lasts at most AUTO_STOP_MAX_LEASE from now.',
    suggestion: 'Give a time that `detail` allows; a lease can be renewed as often as needed.',
    retryable: false,
  },
});

/** The problems of requests that concern auto-stop. */
export const autoStopProblems = { ...instanceProblems, ...jobProblems, ...ownProblems };

type InstanceRef = InstanceId | NovitaInstanceId;

export interface LeaseRequest {
  readonly until: Timestamp;
  readonly reason: string;
}

/** A change of a lease while the store is away. */
interface DegradedLease {
  readonly kind: 'lease' | 'lease-end';
  readonly lease: AutoStopLease;
  readonly line: AuditEntry;
  readonly by: Actor;
  readonly shown: InstanceRecord;
}

/**
 * Declares instances busy for a while, and takes it back. While the store is away both go into the journal.
 *
 * Both methods throw `ContendedRecordError` and `Problem`: `instance-not-found`, `instance-terminated`, `not-adopted`.
 */
@Injectable()
export class Leases {
  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
    @Optional() @Inject(DegradedMode) private readonly degraded: DegradedMode | null = null,
  ) {}

  /**
   * Declares it busy until then. A lease replaces the one before.
   * @throws also Problem `lease-not-plausible`: in the past, or beyond AUTO_STOP_MAX_LEASE; `key-limit-reached`
   */
  async lease(
    ref: InstanceRef,
    { until, reason }: LeaseRequest,
    caller: KeyCaller,
  ): Promise<StoredInstance | FleetRead> {
    const lease = { until, by: `user:${caller.keyName}` as const, reason };
    refuseLongLease(until, caller, this.clock.now());
    rejectImplausible(lease, this.clock.now(), this.options.maxLeaseMs);
    const { degraded } = this;
    if (degraded === null) return this.leaseInStore(ref, lease, caller);
    return degraded.either(
      () => this.leaseInStore(ref, lease, caller),
      () => {
        const record = degraded.known(ref);
        rejectForeignOrTerminated(record, 'lease');
        refuseWhatOthersMade(record, caller, 'lease');
        const line = leaseEntry(lease, this.clock.timestamp());
        const shown = { ...record, autoStop: { ...record.autoStop, lease } };
        return this.keepInJournal(degraded, { kind: 'lease', lease, line, by: lease.by, shown });
      },
    );
  }

  /** Idempotent: an instance without a lease is answered as it is. */
  async endLease(ref: InstanceRef, { keyName }: KeyCaller): Promise<StoredInstance | FleetRead> {
    const by: Actor = `user:${keyName}`;
    const { degraded } = this;
    if (degraded === null) return this.endInStore(ref, by);
    return degraded.either(
      () => this.endInStore(ref, by),
      async () => {
        const record = degraded.known(ref);
        rejectForeignOrTerminated(record, 'end the lease of');
        const { lease, ...autoStop } = record.autoStop;
        if (lease === undefined) return degraded.answer(record);
        const line = leaseEndEntry(lease.until, by, this.clock.timestamp());
        return this.keepInJournal(degraded, { kind: 'lease-end', lease, line, by, shown: { ...record, autoStop } });
      },
    );
  }

  private async keepInJournal(
    degraded: DegradedMode,
    { kind, lease, line, by, shown }: DegradedLease,
  ): Promise<StoredInstance | FleetRead> {
    const command = { kind, at: line.at, by, lease, line, target: targetOf(shown) };
    const [record = shown] = await degraded.take([{ command, shown }]);
    return degraded.answer(record);
  }

  private async leaseInStore(ref: InstanceRef, lease: AutoStopLease, caller: KeyCaller): Promise<StoredInstance> {
    const result = await updateInstance(
      this.records,
      ref,
      { kind: 'command' },
      (record) => {
        rejectForeignOrTerminated(record, 'lease');
        refuseWhatOthersMade(record, caller, 'lease');
        return { ...record, autoStop: { ...record.autoStop, lease } };
      },
      () => ({ entry: leaseEntry(lease, this.clock.timestamp()) }),
    );
    return storedOf(result, ref);
  }

  private async endInStore(ref: InstanceRef, by: Actor): Promise<StoredInstance> {
    const stored = await this.records.get(ref);
    if (stored === null) throw instanceNotFound(ref);
    rejectForeignOrTerminated(stored.record, 'end the lease of');
    const { lease } = stored.record.autoStop;
    if (lease === undefined) return stored;
    const now = this.clock.timestamp();
    // The idle time begins with the end of the lease, and the record without the lease no longer knows that end.
    await this.idle.touch(stored.record.id, earlier(now, lease.until), by);
    const result = await updateInstance(
      this.records,
      stored.record.id,
      { kind: 'command' },
      (record) => {
        const { lease: present, ...autoStop } = record.autoStop;
        // A lease that was given meanwhile is another one, and nobody asked for its end.
        if (present === undefined || !isSameLease(present, lease)) return record;
        return { ...record, autoStop };
      },
      () => ({ entry: leaseEndEntry(lease.until, by, now) }),
    );
    return storedOf(result, ref);
  }
}

/** @returns the problem of a reference that leads nowhere */
export function instanceNotFound(ref: string): Problem {
  return new Problem(instanceProblems['instance-not-found'], { detail: `there is no instance "${ref.slice(0, 300)}"` });
}

function storedOf(result: UpdateResult, ref: string): StoredInstance {
  if (result.outcome === 'missing') throw instanceNotFound(ref);
  return result.stored;
}

/** @throws Problem `not-adopted`, `instance-terminated` */
function rejectForeignOrTerminated(record: InstanceRecord, action: string): void {
  if (record.origin !== 'discovered' && record.status !== 'terminated') return;
  const type = autoStopProblems[record.origin === 'discovered' ? 'not-adopted' : 'instance-terminated'];
  throw new Problem(type, {
    detail: `cannot ${action} instance ${record.id}: it is ${record.origin === 'discovered' ? 'made elsewhere' : 'terminated'}`,
    extensions: {
      instanceStatus: record.status,
      instanceId: record.id,
      novitaInstanceId: record.novitaInstanceId,
    },
    ...(record.origin === 'discovered' && record.novitaInstanceId !== null
      ? { suggestion: `Adopt it first: POST /api/v1/orphans/${record.novitaInstanceId}/adopt` }
      : {}),
  });
}

/**
 * @param now milliseconds since 1970
 * @throws Problem `lease-not-plausible`
 */
function rejectImplausible({ until }: LeaseRequest, now: number, maxLeaseMs: number): void {
  const leftMs = msFromTimestamp(until) - now;
  if (leftMs > 0 && leftMs <= maxLeaseMs) return;
  const latest = timestampFromMs(now + maxLeaseMs);
  const detail =
    leftMs <= 0
      ? `The lease would have ended at ${until}, and it is ${timestampFromMs(now)} now.`
      : `The lease would last until ${until}, which is longer than AUTO_STOP_MAX_LEASE (${formatDuration(maxLeaseMs)}) from now.`;
  throw new Problem(autoStopProblems['lease-not-plausible'], {
    detail,
    errors: [{ pointer: '/until', detail: `must lie after now and not after ${latest}` }],
    suggestion: `Give a time after now and not after ${latest}; a lease can be renewed as often as needed.`,
    extensions: { latest },
  });
}

function leaseEntry({ until, by, reason }: AutoStopLease, at: Timestamp): AuditEntry {
  return { at, kind: 'lease', by, to: until, reason: `declared busy until ${until}: ${reason}` };
}

function leaseEndEntry(until: Timestamp, by: string, at: Timestamp): AuditEntry {
  const reason =
    until > at ? `the lease until ${until} ended early` : `the lease that had ended at ${until} was removed`;
  return { at, kind: 'lease', by, from: until, reason };
}

const isSameLease = (a: AutoStopLease, b: AutoStopLease): boolean =>
  a.until === b.until && a.by === b.by && a.reason === b.reason;

const earlier = (a: Timestamp, b: Timestamp): Timestamp => (a < b ? a : b);
