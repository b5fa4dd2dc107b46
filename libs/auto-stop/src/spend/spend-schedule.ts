import { JobSchedules, SPEND_ACCRUAL } from '@app/jobs';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SpendOptions } from './spend-options.js';

const SPEND_SCHEDULE = 'spend';

/** How old what idles, and the latest sample of the history, may grow. */
const LONGEST_MS = 60_000;

/** Has the booking run once a minute or more often, whether or not idle instances are stopped: they cost all the same. */
@Injectable()
export class SpendSchedule implements OnModuleInit {
  constructor(
    private readonly schedules: JobSchedules,
    private readonly options: SpendOptions,
  ) {}

  onModuleInit(): void {
    const everyMs = Math.min(this.options.intervalMs, LONGEST_MS);
    this.schedules.add({ key: SPEND_SCHEDULE, job: SPEND_ACCRUAL, payload: {}, everyMs });
  }
}
