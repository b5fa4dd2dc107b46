import { type InstanceId, InstanceStore } from '@app/instance-store';
import { JobQueue, RECONCILE_INSTANCE, type ReconcilePayload } from '@app/jobs';
import { Clock, inBatches, LeaseKeeper, type Timestamp, timestampFromMs } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { endsBill } from '../decide/situation.js';
import { LifecycleMetrics } from '../reconcile/reconcile-metrics.js';

export abstract class SweepOptions {
  /** Between two sweeps, in ms. */
  abstract readonly intervalMs: number;
}

const LEASE = 'deadline-sweep';
/** More than these in one sweep come with the next: by then the first ones are no longer due. */
const BATCH = 1_000;
const PURGE_BATCH = 200;
/** As many as the store takes. */
const ANNOUNCED_AT_ONCE = 200;
const READ_AT_ONCE = 200;
/** Ledgers that the repairs of one sweep are entered in. */
const MOST_ENTERED = 200;
/** A deadline this young is being met: the write that set it and the enqueue after it are two calls. */
const SLACK_MS = 5_000;

export interface SweepReport {
  readonly repaired: number;
  readonly purged: number;
  /** Stops and deletes that were announced as not confirmed. */
  readonly unconfirmed: number;
}

/**
 * Finds the deadlines that no job will meet. Deadlines are fields of the records, jobs are only hints at them: whatever
 * is lost of the queue, a crash between write and enqueue included, is repaired here. What waits for Novita's agreement
 * has a job all the same, and is announced when it waits for too long; beyond a thousand at a time, the longest waiting.
 */
@Injectable()
export class DeadlineSweeper {
  private readonly logger = new Logger(DeadlineSweeper.name);

  constructor(
    private readonly store: InstanceStore,
    private readonly queue: JobQueue,
    private readonly leases: LeaseKeeper,
    private readonly clock: Clock,
    private readonly metrics: LifecycleMetrics,
    private readonly options: SweepOptions,
  ) {}

  /** @returns null when another process has swept in this interval */
  async sweep(): Promise<SweepReport | null> {
    // Shorter than the interval, or the holder would lock itself out of every second sweep.
    if (!(await this.leases.tryAcquire(LEASE, this.options.intervalMs * 0.8))) return null;
    const now = this.clock.now();
    const overdueSince = timestampFromMs(Math.max(0, now - SLACK_MS));
    const [reconcile, startup, purge, unconfirmed] = await Promise.all([
      this.store.due('nextReconcileAt', overdueSince, BATCH),
      this.store.due('startupBy', overdueSince, BATCH),
      this.store.due('purgeAt', timestampFromMs(now), PURGE_BATCH),
      this.store.due('confirmBy', timestampFromMs(now), BATCH),
    ]);
    const repaired = await this.enqueueLost(new Set(reconcile), new Set(startup));
    const purged = await this.purge(purge, timestampFromMs(now));
    return { repaired, purged, unconfirmed: await this.announce(unconfirmed) };
  }

  /** All of them in every sweep, for only the store knows which were announced before; there are few or none. */
  private async announce(ids: readonly InstanceId[]): Promise<number> {
    const batches = [...inBatches(ids, ANNOUNCED_AT_ONCE)];
    const counts = await Promise.all(batches.map((batch) => this.store.announceUnconfirmed(batch)));
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

  private async enqueueLost(reconcile: ReadonlySet<InstanceId>, startup: ReadonlySet<InstanceId>): Promise<number> {
    const ids = [...new Set([...reconcile, ...startup])];
    if (ids.length === 0) return 0;
    const pending = await this.queue.pendingKeys(RECONCILE_INSTANCE.queue, ids.map(keyOf));
    const lost = ids.filter((id) => !pending.has(keyOf(id)));
    if (lost.length === 0) return 0;
    const urgent = await this.endingBills(lost);
    const others = lost.filter((id) => !urgent.has(id));
    await this.queue.enqueueMany(RECONCILE_INSTANCE, payloadsOf([...urgent]), { urgent: true });
    await this.queue.enqueueMany(RECONCILE_INSTANCE, payloadsOf(others));
    const ofStartup = lost.filter((id) => startup.has(id)).length;
    this.metrics.countOverdue('startup', ofStartup);
    this.metrics.countOverdue('reconcile', lost.length - ofStartup);
    this.logger.warn('overdue without a job: enqueued', { count: lost.length, instanceIds: lost.slice(0, 20) });
    await this.enterRepairs(lost.slice(0, MOST_ENTERED), startup);
    return lost.length;
  }

  private async endingBills(ids: readonly InstanceId[]): Promise<ReadonlySet<InstanceId>> {
    const batches = [...inBatches(ids, READ_AT_ONCE)];
    const stored = await Promise.all(batches.map((batch) => this.store.getMany(batch)));
    return new Set(stored.flat().flatMap(({ record }) => (endsBill(record) ? [record.id] : [])));
  }

  private async enterRepairs(ids: readonly InstanceId[], startup: ReadonlySet<InstanceId>): Promise<void> {
    const at = this.clock.timestamp();
    const entries = ids.map((id) => {
      const what = startup.has(id) ? 'the time for its start-up was over' : 'its next look was overdue';
      const reason = `${what} and no job was to come; one was enqueued`;
      return { id, entry: { at, kind: 'repair' as const, by: 'lifecycle', reason } };
    });
    await this.store.enterInLedger(entries);
  }

  /** Removes the records of instances that are gone and whose time is up; anything else of that date is left alone. */
  private async purge(ids: readonly InstanceId[], now: Timestamp): Promise<number> {
    if (ids.length === 0) return 0;
    const expired = (await this.store.getMany(ids)).filter(
      ({ record }) =>
        record.status === 'terminated' && record.deadlines.purgeAt !== undefined && record.deadlines.purgeAt <= now,
    );
    const results = await Promise.all(expired.map(({ record }) => this.store.remove(record.id, record.revision)));
    const purged = results.filter((result) => result === 'removed').length;
    if (purged > 0) this.logger.log('tombstones purged', { count: purged });
    return purged;
  }
}

const payloadsOf = (ids: readonly InstanceId[]): ReconcilePayload[] => ids.map((instanceId) => ({ instanceId }));

const keyOf = (instanceId: InstanceId): string => RECONCILE_INSTANCE.coalescingKey({ instanceId });
