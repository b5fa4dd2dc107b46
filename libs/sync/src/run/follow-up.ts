import { JobQueue, SPEND_ACCRUAL, SYNC_FLEET } from '@app/jobs';
import { Clock, type Timestamp, timestampFromMs } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { payloadOf, SCHEDULE_KEY } from './order-payload.js';
import { retryPauseMs } from './retry-plan.js';
import { RunOptions } from './run-options.js';
import type { SyncOrder } from './sync-options.js';

/** What comes after a run. A queue that is away costs the retry: the schedule goes on. */
@Injectable()
export class FollowUp {
  private readonly logger = new Logger(FollowUp.name);

  constructor(
    private readonly queue: JobQueue,
    private readonly clock: Clock,
    private readonly options: RunOptions,
  ) {}

  /**
   * Has a failed run tried again, if it is to be.
   *
   * @param failedInARow this one included
   * @returns when; null for not by itself
   */
  async retry(order: SyncOrder, failedInARow: number): Promise<Timestamp | null> {
    const pauseMs = retryPauseMs(order.trigger, failedInARow, this.options.intervalMs);
    if (pauseMs === null) return null;
    const nowMs = this.clock.now();
    const payload = payloadOf({
      trigger: 'retry',
      resources: order.resources,
      handleObsoleteInstances: order.handleObsoleteInstances,
      retry: failedInARow,
      // Somebody may have run one with success by then.
      unlessRunSince: nowMs,
    });
    try {
      await this.queue.enqueue(SYNC_FLEET, payload, { delayMs: pauseMs });
    } catch (error) {
      this.logger.warn('the retry of the sync could not be enqueued', { err: error });
      return null;
    }
    return timestampFromMs(nowMs + pauseMs);
  }

  /** Has what the fleet costs reckoned anew now that a listing has told what runs. */
  async reckon(): Promise<void> {
    try {
      await this.queue.enqueue(SPEND_ACCRUAL, {});
    } catch (error) {
      this.logger.warn('what the fleet costs is reckoned anew with its schedule only', { err: error });
    }
  }

  /** When the schedule runs next; null when it does not or that cannot be known. */
  async nextRunAt(): Promise<Timestamp | null> {
    if (!this.options.automatic) return null;
    try {
      return await this.queue.nextRunOf(SCHEDULE_KEY, SYNC_FLEET);
    } catch (error) {
      this.logger.warn('the next run of the sync is not known', { err: error });
      return null;
    }
  }
}
