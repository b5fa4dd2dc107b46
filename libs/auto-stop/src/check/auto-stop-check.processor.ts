import {
  AUTO_STOP_CHECK,
  type AutoStopCheckPayload,
  HandlesJob,
  type JobContext,
  type JobHandler,
  type RunAgain,
} from '@app/jobs';
import { IdGenerator } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { FleetSampler } from '../history/fleet-sampler.js';
import { AutoStopCheck } from './auto-stop-check.js';

@Injectable()
@HandlesJob(AUTO_STOP_CHECK)
export class AutoStopCheckProcessor implements JobHandler<AutoStopCheckPayload> {
  constructor(
    private readonly check: AutoStopCheck,
    private readonly ids: IdGenerator,
    private readonly sampler: FleetSampler,
  ) {}

  async handle({ trigger, checkId }: AutoStopCheckPayload, { signal }: JobContext): Promise<RunAgain | void> {
    const order = { trigger, checkId: checkId === '' ? this.ids.ulid() : checkId, dryRun: false, signal };
    const { more, stopped, warned } = await this.check.run(order);
    // What it stopped is idle no more.
    if (stopped > 0) await this.sampler.sample(signal);
    // A backlog is not left for the next period, unless all that was found had to be kept.
    return more && stopped + warned > 0 ? { runAgainInMs: 0 } : undefined;
  }
}
