import { DELIVER_WEBHOOKS, JitteredRounds, JobQueue } from '@app/jobs';
import { Clock, DAY_MS, MINUTE_MS, timestampFromMs } from '@app/platform';
import { LeaseKeeper, RedisReadiness } from '@app/redis';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DeliveryHints } from '../deliver/delivery-hints.js';
import { GlobalEndpoint } from '../endpoints/global-endpoint.js';
import { LOST_WITH_REDIS } from '../fan-out/fan-out.js';
import { WebhookMetrics } from '../health/webhook-metrics.js';
import type { EndpointId } from '../model/endpoint.js';
import { WebhookOptions } from '../model/webhook-options.js';
import { DeliveryQueue } from '../store/delivery-queue.port.js';

const LEASE = 'webhook-sweep';
const KEPT_MS = 7 * DAY_MS;
/** Endpoints that one sweep looks after; the longest due come first. */
const BATCH = 1_000;
/** A time this young is being met: the write that set it and the enqueue after it are two calls. */
const SLACK_MS = 5_000;
/** A job that comes within so long is on its way. */
const JOB_WITHIN_MS = 2 * MINUTE_MS;
/** Steps of removal in one sweep, so that it ends. */
const MOST_STEPS = 50;

export interface WebhookSweepReport {
  /** Endpoints that had something due and no job. */
  readonly repaired: number;
  /** Deliveries that were removed from the log. */
  readonly removed: number;
  /** Of them, those that had not ended. */
  readonly lost: number;
}

/** Finds deliveries that are due without a job, and removes what is older than a week. */
@Injectable()
export class WebhookSweep {
  private readonly logger = new Logger(WebhookSweep.name);

  constructor(
    private readonly deliveries: DeliveryQueue,
    private readonly jobs: JobQueue,
    private readonly hints: DeliveryHints,
    private readonly leases: LeaseKeeper,
    private readonly metrics: WebhookMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * @param intervalMs between two sweeps
   * @returns null when another process has swept in this interval
   */
  async sweep(intervalMs: number): Promise<WebhookSweepReport | null> {
    // Shorter than the interval, or the holder would lock itself out of every second sweep.
    if (!(await this.leases.tryAcquire(LEASE, intervalMs * 0.8))) return null;
    const repaired = await this.repair();
    return { repaired, ...(await this.trim()) };
  }

  private async repair(): Promise<number> {
    const overdueSince = timestampFromMs(Math.max(0, this.clock.now() - SLACK_MS));
    const due = await this.deliveries.dueEndpoints(overdueSince, BATCH);
    if (due.length === 0) return 0;
    // A job for a later time, such as that of a retry hours ahead, does not meet what is due now.
    const by = timestampFromMs(this.clock.now() + JOB_WITHIN_MS);
    const pending = await this.jobs.pendingKeys(DELIVER_WEBHOOKS.queue, due.map(keyOf), by);
    const lost = due.filter((id) => !pending.has(keyOf(id)));
    if (lost.length === 0) return 0;
    await this.hints.due(lost);
    this.metrics.countOverdue(lost.length);
    this.logger.warn('webhooks are overdue without a job: enqueued', { endpoints: lost.length });
    return lost.length;
  }

  private async trim(): Promise<Omit<WebhookSweepReport, 'repaired'>> {
    const before = timestampFromMs(Math.max(0, this.clock.now() - KEPT_MS));
    let removed = 0;
    let lost = 0;
    for (let step = 0; step < MOST_STEPS; step++) {
      const trimmed = await this.deliveries.trim(before);
      removed += trimmed.removed;
      lost += trimmed.lost;
      if (trimmed.removed === 0) break;
    }
    if (lost > 0) {
      this.metrics.countLost('log', lost);
      this.logger.error('webhook deliveries were dropped before they were delivered', { count: lost });
    }
    return { removed, lost };
  }
}

const keyOf = (endpointId: EndpointId): string => DELIVER_WEBHOOKS.coalescingKey({ endpointId });

/** Sweeps on a timer of the process, because the sweep repairs the queue; and sees to the endpoint of the settings. */
@Injectable()
export class WebhookSweepTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(WebhookSweepTimer.name);
  private readonly rounds: JitteredRounds;
  private isGlobalSet = false;

  constructor(
    private readonly sweeper: WebhookSweep,
    private readonly global: GlobalEndpoint,
    private readonly options: WebhookOptions,
    private readonly redis: RedisReadiness,
    timers: SchedulerRegistry,
  ) {
    const { sweepIntervalMs: intervalMs } = options;
    this.rounds = new JitteredRounds(timers, { name: 'webhook-sweep', intervalMs }, () => this.round());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.redis.onReady(() => {
      void this.rounds.startNow();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** A failed round is only logged: the next one begins from what is stored. */
  private async round(): Promise<void> {
    try {
      if (!this.isGlobalSet) await this.global.settle();
      else if (await this.global.restore())
        this.logger.error(`the endpoint of WEBHOOK_URL is made again; ${LOST_WITH_REDIS}`);
      this.isGlobalSet = true;
      await this.sweeper.sweep(this.options.sweepIntervalMs);
    } catch (error) {
      this.logger.warn('the sweep of webhooks failed', { err: error });
    }
  }
}
