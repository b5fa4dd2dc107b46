import { AuditLog, Deadlines, type InstanceId } from '@app/instance-store';
import { AUTO_STOP_CHECK, JobQueue, overdueCounter } from '@app/jobs';
import { Clock, MetricsRegistry, timestampFromMs } from '@app/platform';
import { LeaseKeeper } from '@app/redis';
import { Injectable, Logger } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { AutoStopOptions } from '../auto-stop-options.js';
import { CHECK_JOB_KEY, CHECK_SCHEDULE } from '../check/check-schedule.js';

export abstract class AuditOptions {
  /** Between two audits, in ms. */
  abstract readonly intervalMs: number;
}

const LEASE = 'idle-audit';
/** Ledgers that one repair is entered in. */
const MOST_ENTERED = 200;

/**
 * Finds idle deadlines that no check will meet. Deadlines are kept by the store, the schedule is only a hint at them:
 * whatever is lost of the queue, the check is begun here.
 */
@Injectable()
export class IdleAudit {
  private readonly logger = new Logger(IdleAudit.name);
  private readonly overdue: Counter<'deadline'>;

  constructor(
    private readonly deadlines: Deadlines,
    private readonly auditLog: AuditLog,
    private readonly queue: JobQueue,
    private readonly leases: LeaseKeeper,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
    private readonly audits: AuditOptions,
    registry: MetricsRegistry,
  ) {
    this.overdue = overdueCounter(registry);
  }

  /**
   * @returns how many deadlines were overdue without a check to come, at most 200; null when there was nothing to do here
   * @throws StoreUnavailableError, QueueUnavailableError
   */
  async audit(): Promise<number | null> {
    if (!this.options.rules.enabled) return null;
    // Shorter than the interval, or the holder would lock itself out of every second audit.
    if (!(await this.leases.tryAcquire(LEASE, this.audits.intervalMs * 0.8))) return null;
    const since = timestampFromMs(Math.max(0, this.clock.now() - this.options.intervalMs));
    const ids = await this.deadlines.due('autoStopAt', since, MOST_ENTERED);
    if (ids.length === 0 || (await this.checkIsToCome())) return 0;
    await this.queue.enqueue(AUTO_STOP_CHECK, { trigger: 'schedule', checkId: '' });
    this.overdue.inc({ deadline: 'auto-stop' }, ids.length);
    this.logger.warn('idle deadlines overdue without a check: enqueued', {
      count: ids.length,
      instanceIds: ids.slice(0, 20),
    });
    await this.enter(ids);
    return ids.length;
  }

  private async checkIsToCome(): Promise<boolean> {
    const [pending, nextRun] = await Promise.all([
      this.queue.pendingKeys(AUTO_STOP_CHECK.queue, [CHECK_JOB_KEY]),
      this.queue.nextRunOf(CHECK_SCHEDULE, AUTO_STOP_CHECK),
    ]);
    return pending.size > 0 || nextRun !== null;
  }

  private async enter(ids: readonly InstanceId[]): Promise<void> {
    const reason = 'its idle deadline was overdue and no check was to come; one was enqueued';
    const entry = { at: this.clock.timestamp(), kind: 'repair' as const, by: 'auto-stop', reason };
    await this.auditLog.append(ids.map((id) => ({ id, entry })));
  }
}
