import { AUTO_STOP_CHECK, JobSchedules } from '@app/jobs';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AutoStopOptions } from '../auto-stop-options.js';

export const CHECK_SCHEDULE = 'auto-stop';
/** The key under which a scheduled check waits or runs. */
export const CHECK_JOB_KEY = AUTO_STOP_CHECK.coalescingKey({ trigger: 'schedule', checkId: '' });

/** Has the check run once in every interval, however many workers there are. */
@Injectable()
export class CheckSchedule implements OnModuleInit {
  constructor(
    private readonly schedules: JobSchedules,
    private readonly options: AutoStopOptions,
  ) {}

  onModuleInit(): void {
    const { rules, intervalMs } = this.options;
    const payload = { trigger: 'schedule', checkId: '' } as const;
    const everyMs = rules.enabled ? intervalMs : null;
    this.schedules.add({ key: CHECK_SCHEDULE, job: AUTO_STOP_CHECK, payload, everyMs });
  }
}
