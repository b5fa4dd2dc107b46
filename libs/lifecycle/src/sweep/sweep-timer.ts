import { JitteredRounds } from '@app/jobs';
import { RedisReadiness } from '@app/redis';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DeadlineSweeper, SweepOptions } from './deadline-sweeper.js';

/** Sweeps now and then. In the process and not in the queue, because it is there to repair the queue. */
@Injectable()
export class SweepTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SweepTimer.name);
  private readonly rounds: JitteredRounds;

  constructor(
    private readonly sweeper: DeadlineSweeper,
    timers: SchedulerRegistry,
    { intervalMs }: SweepOptions,
    private readonly redis: RedisReadiness,
  ) {
    this.rounds = new JitteredRounds(timers, { name: 'deadline-sweep', intervalMs }, () => this.round());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.redis.onReady(() => this.rounds.start());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** A failed sweep is only told: the next one begins from what is stored. */
  private async round(): Promise<void> {
    try {
      await this.sweeper.sweep();
    } catch (error) {
      this.logger.warn('deadline sweep failed', { err: error });
    }
  }
}
