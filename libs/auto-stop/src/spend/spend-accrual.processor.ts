import { SpendMeter } from '@app/instance-store';
import { HandlesJob, type JobContext, type JobHandler, SPEND_ACCRUAL, type SpendAccrualPayload } from '@app/jobs';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { FleetSampler } from '../history/fleet-sampler.js';
import { SpendLimitWatch } from './spend-limit-watch.js';

@Injectable()
@HandlesJob(SPEND_ACCRUAL)
export class SpendAccrual implements JobHandler<SpendAccrualPayload> {
  constructor(
    private readonly spend: SpendMeter,
    private readonly watch: SpendLimitWatch,
    private readonly sampler: FleetSampler,
    private readonly clock: Clock,
  ) {}

  async handle(_payload: SpendAccrualPayload, { signal }: JobContext): Promise<void> {
    await this.spend.accrue(this.clock.timestamp(), signal);
    await this.watch.look();
    await this.sampler.sample(signal);
  }
}
