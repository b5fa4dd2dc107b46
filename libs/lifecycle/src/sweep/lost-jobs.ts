import { AuditLog, type InstanceId, InstanceRecords } from '@app/instance-store';
import { JobQueue, RECONCILE_INSTANCE, type ReconcilePayload } from '@app/jobs';
import { Clock, inBatches } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { LifecycleMetrics } from '../reconcile/reconcile-metrics.js';
import { endsBill } from '../state-machine/model.js';

const READ_AT_ONCE = 200;
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
    const pending = await this.queue.pendingKeys(RECONCILE_INSTANCE.queue, ids.map(keyOf));
    const lost = ids.filter((id) => !pending.has(keyOf(id)));
    if (lost.length === 0) return [];
    const urgent = await this.endingBills(lost);
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

  private async endingBills(ids: readonly InstanceId[]): Promise<ReadonlySet<InstanceId>> {
    const batches = [...inBatches(ids, READ_AT_ONCE)];
    const stored = await Promise.all(batches.map((batch) => this.records.getMany(batch)));
    return new Set(stored.flat().flatMap(({ record }) => (endsBill(record) ? [record.id] : [])));
  }
}

const payloadsOf = (ids: readonly InstanceId[]): ReconcilePayload[] => ids.map((instanceId) => ({ instanceId }));

const keyOf = (instanceId: InstanceId): string => RECONCILE_INSTANCE.coalescingKey({ instanceId });
