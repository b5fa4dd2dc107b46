import {
  type AutoStopLease,
  type InstanceId,
  InstanceStore,
  instanceProblems,
  type NovitaInstanceId,
  type StoredInstance,
  type UpdateResult,
  updateInstance,
} from '@app/instance-store';
import { Clock, Problem, type Timestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { AutoStopOptions } from '../auto-stop-options.js';
import type { LeaseRequest } from '../check/auto-stop-commands.port.js';
import { leaseEndEntry, leaseEntry, refuseForeignOrGone, refuseImplausible } from './lease-rules.js';

type InstanceRef = InstanceId | NovitaInstanceId;

/** Declares instances busy for a while, and takes it back. Both throw `Problem` and `ContendedRecordError`. */
@Injectable()
export class Leases {
  constructor(
    private readonly store: InstanceStore,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  async give(ref: InstanceRef, { until, reason }: LeaseRequest, keyName: string): Promise<StoredInstance> {
    const lease = { until, by: `user:${keyName}`, reason };
    refuseImplausible(lease, this.clock.now(), this.options.maxLeaseMs);
    const result = await updateInstance(
      this.store,
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

  async end(ref: InstanceRef, keyName: string): Promise<StoredInstance> {
    const by = `user:${keyName}`;
    const stored = await this.store.get(ref);
    if (stored === null) throw notFound(ref);
    refuseForeignOrGone(stored.record, 'end the lease of');
    const { lease } = stored.record.autoStop;
    if (lease === undefined) return stored;
    const now = this.clock.timestamp();
    // The idle time begins with the end of the lease, and the record without it does not know that end any more.
    await this.store.touch(stored.record.id, earlier(now, lease.until), by);
    const result = await updateInstance(
      this.store,
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
