import { RedisReadiness } from '@app/redis';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { JobQueue } from '../catalogue/job-queue.port.js';
import { JitteredRounds } from './jittered-rounds.js';
import { type JobSchedule, ScheduleList } from './job-schedules.js';
import { ScheduleSettings } from './schedule.settings.js';

/**
 * Sees to it that the declared schedules exist, at the start of a worker and now and then as long as it lives. By a timer
 * of the process and not by a job, because it is there to repair the queue.
 */
@Injectable()
export class ScheduleKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ScheduleKeeper.name);
  private readonly rounds: JitteredRounds;

  constructor(
    private readonly schedules: ScheduleList,
    private readonly jobs: JobQueue,
    timers: SchedulerRegistry,
    { DEADLINE_SWEEP_INTERVAL: intervalMs }: ScheduleSettings,
    private readonly redis: RedisReadiness,
  ) {
    this.rounds = new JitteredRounds(timers, { name: 'job-schedules', intervalMs }, () => this.round());
  }

  /** Does not fail without Redis: the next round tries again. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.schedules.all().length > 0) await this.redis.onReady(() => this.rounds.startNow());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  private async round(): Promise<void> {
    const declared = this.schedules.all();
    const results = await Promise.allSettled(declared.map((schedule) => this.apply(schedule)));
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue;
      this.logger.warn('schedule not applied', { schedule: declared[index]?.key, err: result.reason as unknown });
    }
  }

  private async apply({ key, job, payload, everyMs }: JobSchedule): Promise<void> {
    if (everyMs === null) await this.jobs.unschedule(key, job);
    else await this.jobs.schedule(key, job, payload, everyMs);
  }
}
