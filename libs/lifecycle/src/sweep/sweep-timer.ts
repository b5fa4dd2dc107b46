import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DeadlineSweeper, SweepOptions } from './deadline-sweeper.js';
import { UnconfirmedAge } from './unconfirmed-age.js';

const NAME = 'deadline-sweep';

/**
 * Sweeps now and then for as long as the process lives. In the process and not in the queue, because it is there to
 * repair the queue. Jittered, so that the workers of a deployment do not all reach for the lease at once.
 */
@Injectable()
export class SweepTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SweepTimer.name);
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly sweeper: DeadlineSweeper,
    private readonly age: UnconfirmedAge,
    private readonly scheduler: SchedulerRegistry,
    private readonly options: SweepOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.arm();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.disarm();
    await this.running;
  }

  private arm(): void {
    const delay = this.options.intervalMs * (0.8 + 0.4 * Math.random());
    const timer = setTimeout(() => {
      this.disarm();
      this.running = this.tick();
    }, delay);
    this.scheduler.addTimeout(NAME, timer);
  }

  private disarm(): void {
    if (this.scheduler.doesExist('timeout', NAME)) this.scheduler.deleteTimeout(NAME);
  }

  /** A failed sweep is only told: the next one begins from what is stored. */
  private async tick(): Promise<void> {
    const [swept, measured] = await Promise.allSettled([this.sweeper.sweep(), this.age.measure()]);
    for (const result of [swept, measured]) {
      if (result.status === 'rejected') this.logger.warn('deadline sweep failed', { err: result.reason as unknown });
    }
    if (!this.stopped) this.arm();
  }
}
