import { Settings } from '@app/platform';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { JobQueue } from './job-queue.port.js';
import type { JobSchedule } from './job-schedules.js';
import { ScheduleList } from './schedule-list.js';

const NAME = 'job-schedules';

/**
 * Sees to it that the declared schedules exist, at the start of a worker and now and then as long as it lives. By a timer
 * of the process and not by a job, because it is there to repair the queue. Jittered, so that the workers of a
 * deployment do not all do it at once.
 */
@Injectable()
export class ScheduleKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ScheduleKeeper.name);
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly schedules: ScheduleList,
    private readonly jobs: JobQueue,
    private readonly timers: SchedulerRegistry,
    private readonly settings: Settings,
  ) {}

  /** Does not fail without Redis: the next round tries again. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.schedules.all().length === 0) return;
    this.running = this.round();
    await this.running;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.disarm();
    await this.running;
  }

  private arm(): void {
    const delay = this.settings.DEADLINE_SWEEP_INTERVAL * (0.8 + 0.4 * Math.random());
    const timer = setTimeout(() => {
      this.disarm();
      this.running = this.round();
    }, delay);
    this.timers.addTimeout(NAME, timer);
  }

  private disarm(): void {
    if (this.timers.doesExist('timeout', NAME)) this.timers.deleteTimeout(NAME);
  }

  private async round(): Promise<void> {
    const declared = this.schedules.all();
    const results = await Promise.allSettled(declared.map((schedule) => this.apply(schedule)));
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue;
      this.logger.warn('schedule not applied', { schedule: declared[index]?.key, err: result.reason as unknown });
    }
    if (!this.stopped) this.arm();
  }

  private async apply({ key, job, payload, everyMs }: JobSchedule): Promise<void> {
    if (everyMs === null) await this.jobs.unschedule(key, job);
    else await this.jobs.schedule(key, job, payload, everyMs);
  }
}
