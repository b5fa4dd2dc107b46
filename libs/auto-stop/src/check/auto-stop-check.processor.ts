import {
  type AutoStopCheckPayload,
  type JobContext,
  type JobHandler,
  JobQueue,
  type RunAgain,
  SPEND_ACCRUAL,
} from '@app/jobs';
import { IdGenerator, SECOND_MS } from '@app/platform';
import { RedisReadiness } from '@app/redis';
import { Injectable, Logger } from '@nestjs/common';
import type { CheckOrder, CheckReport } from '../stats/check-report.js';
import { AutoStopCheck } from './auto-stop-check.js';

/**
 * So long after Redis was away nothing is stopped: by then each API process has replayed the uses and leases that it took
 * meanwhile. Before, an instance that is in use may look idle.
 */
const SETTLED_AFTER_MS = 10 * SECOND_MS;

/** The job of a check: where a worker begins. */
@Injectable()
export class AutoStopCheckProcessor implements JobHandler<AutoStopCheckPayload> {
  private readonly logger = new Logger(AutoStopCheckProcessor.name);

  constructor(
    private readonly check: AutoStopCheck,
    private readonly ids: IdGenerator,
    private readonly queue: JobQueue,
    private readonly redis: RedisReadiness,
  ) {}

  async handle({ trigger, checkId }: AutoStopCheckPayload, { signal }: JobContext): Promise<RunAgain | void> {
    const restMs = SETTLED_AFTER_MS - this.redis.answersForMs;
    if (restMs > 0) return { runAgainInMs: restMs };
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
      if (!order.signal.aborted) this.redis.noteRound(true);
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
