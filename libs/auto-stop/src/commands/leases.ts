import {
  type Actor,
  type AutoStopLease,
  DegradedMode,
  type FleetRead,
  IdleTracker,
  type InstanceId,
  type InstanceRecord,
  InstanceRecords,
  instanceProblems,
  type LedgerEntry,
  type NovitaInstanceId,
  type StoredInstance,
  targetOf,
  type UpdateResult,
  updateInstance,
} from '@app/instance-store';
import { Clock, Problem, type Timestamp } from '@app/platform';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { AutoStopOptions } from '../auto-stop-options.js';
import type { LeaseRequest } from '../check/auto-stop-commands.port.js';
import { leaseEndEntry, leaseEntry, refuseForeignOrGone, refuseImplausible } from './lease-rules.js';

type InstanceRef = InstanceId | NovitaInstanceId;

/** A change of a lease while the store is away. */
interface DegradedLease {
  readonly kind: 'lease' | 'lease-end';
  readonly lease: AutoStopLease;
  readonly line: LedgerEntry;
  readonly by: Actor;
  readonly shown: InstanceRecord;
}

/** Declares instances busy for a while, and takes it back. Both throw `Problem` and `ContendedRecordError`. */
@Injectable()
export class Leases {
  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
    @Optional() @Inject(DegradedMode) private readonly degraded: DegradedMode | null = null,
  ) {}

  async give(ref: InstanceRef, { until, reason }: LeaseRequest, keyName: string): Promise<StoredInstance | FleetRead> {
    const lease = { until, by: `user:${keyName}` as const, reason };
    refuseImplausible(lease, this.clock.now(), this.options.maxLeaseMs);
    const { degraded } = this;
    if (degraded === null) return this.giveInStore(ref, lease);
    return degraded.either(
      () => this.giveInStore(ref, lease),
      () => {
        const record = degraded.known(ref);
        refuseForeignOrGone(record, 'lease');
        const line = leaseEntry(lease, this.clock.timestamp());
        const shown = { ...record, autoStop: { ...record.autoStop, lease } };
        return this.take(degraded, { kind: 'lease', lease, line, by: lease.by, shown });
      },
    );
  }

  async end(ref: InstanceRef, keyName: string): Promise<StoredInstance | FleetRead> {
    const by: Actor = `user:${keyName}`;
    const { degraded } = this;
    if (degraded === null) return this.endInStore(ref, by);
    return degraded.either(
      () => this.endInStore(ref, by),
      async () => {
        const record = degraded.known(ref);
        refuseForeignOrGone(record, 'end the lease of');
        const { lease, ...autoStop } = record.autoStop;
        if (lease === undefined) return degraded.answer(record);
        const line = leaseEndEntry(lease.until, by, this.clock.timestamp());
        return this.take(degraded, { kind: 'lease-end', lease, line, by, shown: { ...record, autoStop } });
      },
    );
  }

  private async take(
    degraded: DegradedMode,
    { kind, lease, line, by, shown }: DegradedLease,
  ): Promise<StoredInstance | FleetRead> {
    const command = { kind, at: line.at, by, lease, line, target: targetOf(shown) };
    const [record = shown] = await degraded.take([{ command, shown }]);
    return degraded.answer(record);
  }

  private async giveInStore(ref: InstanceRef, lease: AutoStopLease): Promise<StoredInstance> {
    const result = await updateInstance(
      this.records,
      ref,
      { kind: 'command' },
      (record) => {
        refuseForeignOrGone(record, 'lease');
        return { ...record, autoStop: { ...record.autoStop, lease } };
      },
      () => ({ entry: leaseEntry(lease, this.clock.timestamp()) }),
    );
    return storedOf(result, ref);
  }

  private async endInStore(ref: InstanceRef, by: Actor): Promise<StoredInstance> {
    const stored = await this.records.get(ref);
    if (stored === null) throw notFound(ref);
    refuseForeignOrGone(stored.record, 'end the lease of');
    const { lease } = stored.record.autoStop;
    if (lease === undefined) return stored;
    const now = this.clock.timestamp();
    // The idle time begins with the end of the lease, and the record without it does not know that end any more.
    await this.idle.touch(stored.record.id, earlier(now, lease.until), by);
    const result = await updateInstance(
      this.records,
      stored.record.id,
      { kind: 'command' },
      (record) => {
        const { lease: present, ...autoStop } = record.autoStop;
        // One that was given meanwhile is another lease, of which nobody asked for the end.
        if (present === undefined || !isSameLease(present, lease)) return record;
        return { ...record, autoStop };
      },
      () => ({ entry: leaseEndEntry(lease.until, by, now) }),
    );
    return storedOf(result, ref);
  }
}

function storedOf(result: UpdateResult, ref: string): StoredInstance {
  if (result.outcome === 'missing') throw notFound(ref);
  return result.stored;
}

/** @returns the problem of a reference that leads nowhere */
export function notFound(ref: string): Problem {
  return new Problem(instanceProblems['instance-not-found'], { detail: `there is no instance "${ref.slice(0, 300)}"` });
}

const isSameLease = (a: AutoStopLease, b: AutoStopLease): boolean =>
  a.until === b.until && a.by === b.by && a.reason === b.reason;

const earlier = (a: Timestamp, b: Timestamp): Timestamp => (a < b ? a : b);
