import {
  type AutoStopCheckPayload,
  type JobContext,
  type JobHandler,
  JobQueue,
  type RunAgain,
  SPEND_ACCRUAL,
} from '@app/jobs';
import { IdGenerator } from '@app/platform';
import { RedisReadiness } from '@app/redis';
import { Injectable, Logger } from '@nestjs/common';
import { Suspension } from '../options/auto-stop-options.js';
import type { CheckOrder, CheckReport } from '../stats/check-report.js';
import { AutoStopCheck } from './auto-stop-check.js';

/** The job of a check: where a worker begins. */
@Injectable()
export class AutoStopCheckProcessor implements JobHandler<AutoStopCheckPayload> {
  private readonly logger = new Logger(AutoStopCheckProcessor.name);

  constructor(
    private readonly check: AutoStopCheck,
    private readonly suspension: Suspension,
    private readonly ids: IdGenerator,
    private readonly queue: JobQueue,
    private readonly redis: RedisReadiness,
  ) {}

  async handle({ trigger, checkId }: AutoStopCheckPayload, { signal }: JobContext): Promise<RunAgain | void> {
    const restMs = this.suspension.settlesInMs();
    if (restMs > 0) {
      this.logger.warn('nothing is stopped yet: Redis was away, and uses may still be on their way into it', {
        restMs,
      });
      return { runAgainInMs: restMs };
    }
    const order = { trigger, checkId: checkId === '' ? this.ids.ulid() : checkId, dryRun: false, signal };
    const { more, stopped, warned } = await this.run(order);
    if (stopped > 0) await this.requestAccrual();
    // A backlog does not wait for the next period, unless every candidate had to be kept.
    return more && stopped + warned > 0 ? { runAgainInMs: 0 } : undefined;
  }

  private async run(order: CheckOrder): Promise<CheckReport> {
    try {
      return await this.check.run(order);
    } catch (error) {
      if (!order.signal.aborted) this.redis.noteRound(error);
      throw error;
    }
  }

  /** A stopped instance no longer idles, so the cost of the fleet is measured anew. */
  private async requestAccrual(): Promise<void> {
    try {
      await this.queue.enqueue(SPEND_ACCRUAL, {});
    } catch (error) {
      this.logger.warn('the cost of the fleet is measured at its next scheduled time only', { err: error });
    }
  }
}
