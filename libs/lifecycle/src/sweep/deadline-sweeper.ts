import { type DeadlineKind, Deadlines, type InstanceId, InstanceRecords } from '@app/instance-store';
import { RoundsTimer } from '@app/jobs';
import { Clock, inBatches, type Timestamp, timestampFromMs } from '@app/platform';
import { LeaseKeeper, RedisReadiness } from '@app/redis';
import { Injectable, Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { type LostDeadline, LostJobs } from './lost-jobs.js';

export abstract class SweepOptions {
  /** Between two sweeps, in ms. */
  abstract readonly intervalMs: number;
}

const LEASE = 'deadline-sweep';
const BATCH = 1_000;
const PURGE_BATCH = 200;
/** As many as the store takes. */
const ANNOUNCED_AT_ONCE = 200;
/** A deadline this young is being met: the write that set it and the enqueue after it are two calls. */
const SLACK_MS = 5_000;

/** The deadlines that a reconcile meets; a record that is overdue in several ways counts as the first. */
export const REPAIRED: readonly (readonly [DeadlineKind, LostDeadline])[] = [
  ['startupBy', 'startup'],
  ['migrateBy', 'migration'],
  ['holdUntil', 'hold'],
  ['lifetimeEndsAt', 'lifetime'],
  ['nextReconcileAt', 'reconcile'],
];

export interface SweepReport {
  readonly repaired: number;
  readonly purged: number;
  /** Stops and deletes that were announced as not confirmed. */
  readonly unconfirmed: number;
}

/**
 * Finds the deadlines that no job will meet. Deadlines are fields of the records, jobs are only hints at them: the sweep
 * repairs every loss of the queue, a crash between write and enqueue included. A stop or delete that waits for Novita's
 * agreement has a job all the same, and is announced when it waits for too long. Every overdue record is read, batch by
 * batch: a job may be lost behind any number of jobs that have only not run yet.
 */
@Injectable()
export class DeadlineSweeper {
  private readonly logger = new Logger(DeadlineSweeper.name);

  constructor(
    private readonly records: InstanceRecords,
    private readonly deadlines: Deadlines,
    private readonly lostJobs: LostJobs,
    private readonly leases: LeaseKeeper,
    private readonly clock: Clock,
    private readonly options: SweepOptions,
  ) {}

  /** @returns null when another process has swept in this interval */
  async sweep(): Promise<SweepReport | null> {
    // Shorter than the interval, or the holder would lock itself out of every second sweep.
    if (!(await this.leases.tryAcquire(LEASE, this.options.intervalMs * 0.8))) return null;
    const now = this.clock.now();
    const overdueSince = timestampFromMs(Math.max(0, now - SLACK_MS));
    const kinds = await this.deadlines.kindsDue(timestampFromMs(now));
    const repaired = new Set<InstanceId>();
    for (const [kind, deadline] of REPAIRED) {
      if (!kinds.has(kind)) continue;
      for await (const ids of this.overdue(kind, overdueSince)) {
        const others = ids.filter((id) => !repaired.has(id));
        for (const id of await this.lostJobs.enqueue(others, deadline)) repaired.add(id);
      }
    }
    const purged = kinds.has('purgeAt') ? await this.purge(timestampFromMs(now)) : 0;
    let unconfirmed = 0;
    if (!kinds.has('confirmBy')) return { repaired: repaired.size, purged, unconfirmed };
    for await (const ids of this.overdue('confirmBy', timestampFromMs(now))) unconfirmed += await this.announce(ids);
    return { repaired: repaired.size, purged, unconfirmed };
  }

  /** Batches, each read when the one before is handled. A record that is settled meanwhile hides another, until the next sweep. */
  private async *overdue(kind: DeadlineKind, since: Timestamp): AsyncGenerator<readonly InstanceId[]> {
    for (let skip = 0; ; skip += BATCH) {
      const ids = await this.deadlines.due(kind, since, BATCH, skip);
      if (ids.length > 0) yield ids;
      if (ids.length < BATCH) return;
    }
  }

  /** All of them in every sweep, because only the store knows which were announced before. */
  private async announce(ids: readonly InstanceId[]): Promise<number> {
    const batches = [...inBatches(ids, ANNOUNCED_AT_ONCE)];
    const counts = await Promise.all(batches.map((batch) => this.deadlines.emitUnconfirmed(batch)));
    const announced = counts.reduce((sum, count) => sum + count, 0);
    if (announced > 0) {
      this.logger.warn('stops or deletes that Novita has not confirmed', {
        announced,
        overdue: ids.length,
        instanceIds: ids.slice(0, 20),
      });
    }
    return announced;
  }

  /** Removes the records of instances that are gone and whose time is up; other records of that date stay. */
  private async purge(now: Timestamp): Promise<number> {
    let purged = 0;
    let kept = 0;
    for (;;) {
      const ids = await this.deadlines.due('purgeAt', now, PURGE_BATCH, kept);
      const expired = (await this.records.getMany(ids)).filter(
        ({ record }) =>
          record.status === 'terminated' && record.deadlines.purgeAt !== undefined && record.deadlines.purgeAt <= now,
      );
      const results = await Promise.all(expired.map(({ record }) => this.records.remove(record.id, record.revision)));
      const removed = results.filter((result) => result === 'removed').length;
      purged += removed;
      kept += ids.length - removed;
      // Further removable records are left for the next sweep; records that must stay do not block the rest.
      if (removed > 0 || ids.length < PURGE_BATCH) break;
    }
    if (purged > 0) this.logger.log('tombstones purged', { count: purged });
    return purged;
  }
}

/** Sweeps on a timer. The timer is in the process and not in the queue, because the sweep repairs the queue. */
@Injectable()
export class SweepTimer extends RoundsTimer {
  constructor(
    sweeper: DeadlineSweeper,
    timers: SchedulerRegistry,
    { intervalMs }: SweepOptions,
    redis: RedisReadiness,
  ) {
    super(timers, { name: 'deadline-sweep', intervalMs }, redis, () => sweeper.sweep());
  }
}
