import { JobSchedules, SPEND_ACCRUAL } from '@app/jobs';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SpendOptions } from './spend-options.js';

const SPEND_SCHEDULE = 'spend';

/** Has the booking run once in every interval, whether or not idle instances are stopped: they cost all the same. */
@Injectable()
export class SpendSchedule implements OnModuleInit {
  constructor(
    private readonly schedules: JobSchedules,
    private readonly options: SpendOptions,
  ) {}

  onModuleInit(): void {
    this.schedules.add({ key: SPEND_SCHEDULE, job: SPEND_ACCRUAL, payload: {}, everyMs: this.options.intervalMs });
  }
}
