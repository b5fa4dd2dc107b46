import { AuditLog, Deadlines, type InstanceId } from '@app/instance-store';
import { AUTO_STOP_CHECK, JobQueue, overdueCounter, RoundsTimer } from '@app/jobs';
import { Clock, MetricsRegistry, timestampFromMs } from '@app/platform';
import { LeaseKeeper, RedisReadiness } from '@app/redis';
import { Injectable, Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Counter } from 'prom-client';
import { AutoStopOptions } from '../options/auto-stop-options.js';
import { CHECK_JOB_KEY, CHECK_SCHEDULE } from './check-trigger.js';

const LEASE = 'idle-audit';
/** Instances whose audit log one repair is written to. */
const MOST_LOGGED = 200;

/** The check that meets idle deadlines, and may have been lost by the queue. */
@Injectable()
export class LostCheck {
  private readonly logger = new Logger('IdleAudit');
  private readonly overdue: Counter<'deadline'>;

  constructor(
    private readonly queue: JobQueue,
    private readonly auditLog: AuditLog,
    private readonly clock: Clock,
    registry: MetricsRegistry,
  ) {
    this.overdue = overdueCounter(registry);
  }

  /** @throws QueueUnavailableError */
  async isToCome(): Promise<boolean> {
    const [pending, nextRun] = await Promise.all([
      this.queue.pendingKeys(AUTO_STOP_CHECK.queue, [CHECK_JOB_KEY]),
      this.queue.nextRunOf(CHECK_SCHEDULE, AUTO_STOP_CHECK),
    ]);
    return pending.size > 0 || nextRun !== null;
  }

  /**
   * Begins a check; counts the instances that waited for it, and writes it to their audit logs.
   * @throws StoreUnavailableError, QueueUnavailableError
   */
  async begin(ids: readonly InstanceId[]): Promise<void> {
    await this.queue.enqueue(AUTO_STOP_CHECK, { trigger: 'schedule', checkId: '' });
    this.overdue.inc({ deadline: 'auto-stop' }, ids.length);
    this.logger.warn('idle deadlines overdue without a check: enqueued', {
      count: ids.length,
      instanceIds: ids.slice(0, 20),
    });
    const reason = 'its idle deadline was overdue and no check was to come; one was enqueued';
    const entry = { at: this.clock.timestamp(), kind: 'repair' as const, by: 'auto-stop', reason };
    await this.auditLog.append(ids.map((id) => ({ id, entry })));
  }
}

/**
 * Finds idle deadlines that no check will meet. The store keeps deadlines, and the schedule is only a hint at them: whatever
 * the queue has lost, the audit begins the check.
 */
@Injectable()
export class IdleAudit {
  constructor(
    private readonly deadlines: Deadlines,
    private readonly check: LostCheck,
    private readonly leases: LeaseKeeper,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  /**
   * @returns how many deadlines were overdue without a check to come, at most 200; null when there was nothing to do here
   * @throws StoreUnavailableError, QueueUnavailableError
   */
  async audit(): Promise<number | null> {
    const { rules, intervalMs, auditIntervalMs } = this.options;
    if (!rules.enabled) return null;
    // Shorter than the interval, or the holder would lock itself out of every second audit.
    if (!(await this.leases.tryAcquire(LEASE, auditIntervalMs * 0.8))) return null;
    const since = timestampFromMs(Math.max(0, this.clock.now() - intervalMs));
    const ids = await this.deadlines.due('autoStopAt', since, MOST_LOGGED);
    if (ids.length === 0 || (await this.check.isToCome())) return 0;
    await this.check.begin(ids);
    return ids.length;
  }
}

/** Audits at intervals. It runs in the process and not in the queue, because it is there to repair the queue. */
@Injectable()
export class IdleAuditTimer extends RoundsTimer {
  constructor(
    audit: IdleAudit,
    timers: SchedulerRegistry,
    { auditIntervalMs }: AutoStopOptions,
    redis: RedisReadiness,
  ) {
    super(timers, { name: 'idle-audit', intervalMs: auditIntervalMs }, redis, () => audit.audit());
  }
}
