import { JitteredRounds } from '@app/jobs';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DeadlineSweeper, SweepOptions } from './deadline-sweeper.js';
import { UnconfirmedAge } from './unconfirmed-age.js';

/** Sweeps now and then. In the process and not in the queue, because it is there to repair the queue. */
@Injectable()
export class SweepTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SweepTimer.name);
  private readonly rounds: JitteredRounds;

  constructor(
    private readonly sweeper: DeadlineSweeper,
    private readonly age: UnconfirmedAge,
    timers: SchedulerRegistry,
    { intervalMs }: SweepOptions,
  ) {
    this.rounds = new JitteredRounds(timers, { name: 'deadline-sweep', intervalMs }, () => this.round());
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** A failed sweep is only told: the next one begins from what is stored. */
  private async round(): Promise<void> {
    const [swept, measured] = await Promise.allSettled([this.sweeper.sweep(), this.age.measure()]);
    for (const result of [swept, measured]) {
      if (result.status === 'rejected') this.logger.warn('deadline sweep failed', { err: result.reason as unknown });
    }
  }
}
