import { AuditLog, type InstanceId, type InstanceRecord, InstanceRecords, lifetimeDueMs } from '@app/instance-store';
import { JobQueue, RECONCILE_INSTANCE, type ReconcilePayload } from '@app/jobs';
import { Clock, inBatches, MINUTE_MS, timestampFromMs } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { LifecycleMetrics } from '../reconcile/reconcile-metrics.js';
import { endsBill } from '../state-machine/model.js';

const READ_AT_ONCE = 200;
/**
 * A job of an overdue instance that is delayed by more was made for a later deadline, such as the end of its lifetime in
 * some days. By less it may be one that failed and waits for its next attempt.
 */
const JOB_WITHIN_MS = 2 * MINUTE_MS;
/** The repairs of one batch are entered in at most this many audit logs. */
const MOST_ENTERED = 200;

/** What is overdue: the end of a start-up, of a migration, of a hold or of a lifetime, or the next observation. */
export type LostDeadline = 'startup' | 'migration' | 'hold' | 'lifetime' | 'reconcile';

const OVERDUE: Readonly<Record<LostDeadline, string>> = {
  startup: 'the time for its start-up was over',
  migration: 'the time for its migration was over',
  hold: 'the time for which its stop may be held was over',
  lifetime: 'its lifetime was over',
  reconcile: 'its next observation was overdue',
};

/** Gives overdue instances a reconcile job again whose job the queue has lost; counts them, and writes it to their audit logs. */
@Injectable()
export class LostJobs {
  private readonly logger = new Logger('DeadlineSweeper');

  constructor(
    private readonly records: InstanceRecords,
    private readonly queue: JobQueue,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly metrics: LifecycleMetrics,
  ) {}

  /**
   * @param ids instances whose deadline has passed
   * @returns those that had no job, and have one now
   * @throws StoreUnavailableError, QueueUnavailableError
   */
  async enqueue(ids: readonly InstanceId[], deadline: LostDeadline): Promise<readonly InstanceId[]> {
    if (ids.length === 0) return [];
    const by = timestampFromMs(this.clock.now() + JOB_WITHIN_MS);
    const pending = await this.queue.pendingKeys(RECONCILE_INSTANCE.queue, ids.map(keyOf), by);
    const records = await this.overdue(
      ids.filter((id) => !pending.has(keyOf(id))),
      deadline,
    );
    if (records.length === 0) return [];
    const lost = records.map(({ id }) => id);
    const urgent = new Set(records.filter(endsBill).map(({ id }) => id));
    const others = lost.filter((id) => !urgent.has(id));
    await this.queue.enqueueMany(RECONCILE_INSTANCE, payloadsOf([...urgent]), { urgent: true });
    await this.queue.enqueueMany(RECONCILE_INSTANCE, payloadsOf(others));
    this.metrics.countOverdue(deadline, lost.length);
    this.logger.warn('overdue without a job: enqueued', {
      deadline,
      count: lost.length,
      instanceIds: lost.slice(0, 20),
    });
    const reason = `${OVERDUE[deadline]} and no job was to come; one was enqueued`;
    const entry = { at: this.clock.timestamp(), kind: 'repair' as const, by: 'lifecycle', reason };
    await this.audit.append(lost.slice(0, MOST_ENTERED).map((id) => ({ id, entry })));
    return lost;
  }

  /**
   * Those of them that a job can do something for. A record that is gone or cannot be read has none; and a process of an
   * earlier release that writes a record leaves the end of its lifetime in the index as it was.
   */
  private async overdue(ids: readonly InstanceId[], deadline: LostDeadline): Promise<readonly InstanceRecord[]> {
    const batches = [...inBatches(ids, READ_AT_ONCE)];
    const stored = await Promise.all(batches.map((batch) => this.records.getMany(batch)));
    const records = stored.flat().map(({ record }) => record);
    if (deadline !== 'lifetime') return records;
    const now = this.clock.now();
    return records.filter((record) => (lifetimeDueMs(record) ?? Number.POSITIVE_INFINITY) <= now);
  }
}

const payloadsOf = (ids: readonly InstanceId[]): ReconcilePayload[] => ids.map((instanceId) => ({ instanceId }));

const keyOf = (instanceId: InstanceId): string => RECONCILE_INSTANCE.coalescingKey({ instanceId });
