import {
  type AutoStopCheckPayload,
  type JobContext,
  type JobHandler,
  JobQueue,
  type RunAgain,
  SPEND_ACCRUAL,
} from '@app/jobs';
import { IdGenerator } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { AutoStopCheck } from './auto-stop-check.js';

/** The job of a check: where a worker begins. */
@Injectable()
export class AutoStopCheckProcessor implements JobHandler<AutoStopCheckPayload> {
  private readonly logger = new Logger(AutoStopCheckProcessor.name);

  constructor(
    private readonly check: AutoStopCheck,
    private readonly ids: IdGenerator,
    private readonly queue: JobQueue,
  ) {}

  async handle({ trigger, checkId }: AutoStopCheckPayload, { signal }: JobContext): Promise<RunAgain | void> {
    const order = { trigger, checkId: checkId === '' ? this.ids.ulid() : checkId, dryRun: false, signal };
    const { more, stopped, warned } = await this.check.run(order);
    if (stopped > 0) await this.requestAccrual();
    // A backlog does not wait for the next period, unless every candidate had to be kept.
    return more && stopped + warned > 0 ? { runAgainInMs: 0 } : undefined;
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
