import type { RedisReadiness } from '@app/redis';
import { type BeforeApplicationShutdown, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';

export interface RoundsOptions {
  /** Unique in the process. */
  readonly name: string;
  /** Milliseconds from one round to the next, give or take a fifth. */
  readonly intervalMs: number;
}

/**
 * Does something now and then for as long as the process lives: by a timer of the process, for what must not depend on
 * the queue. Jittered, so that the processes of a deployment do not all do it at once. Rounds never overlap.
 */
export class JitteredRounds {
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  /** @param round must not reject: it reports its own failures */
  constructor(
    private readonly timers: SchedulerRegistry,
    private readonly options: RoundsOptions,
    private readonly round: () => Promise<void>,
  ) {}

  /** The first round comes after about one interval. */
  start(): void {
    const { name, intervalMs } = this.options;
    const timer = setTimeout(
      () => {
        this.disarm();
        void this.startNow();
      },
      intervalMs * (0.8 + 0.4 * Math.random()),
    );
    this.timers.addTimeout(name, timer);
  }

  /** The first round begins at once. @returns when it has ended */
  startNow(): Promise<void> {
    this.running = this.goRound();
    return this.running;
  }

  /** Waits for the round under way; none follows. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.disarm();
    await this.running;
  }

  private async goRound(): Promise<void> {
    await this.round();
    if (!this.stopped) this.start();
  }

  private disarm(): void {
    const { name } = this.options;
    if (this.timers.doesExist('timeout', name)) this.timers.deleteTimeout(name);
  }
}

/**
 * Rounds that begin once Redis can be used, and end with the process. A round that fails is only logged: the next one begins
 * from what is stored.
 */
export abstract class RoundsTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(this.constructor.name);
  private readonly rounds: JitteredRounds;

  constructor(
    timers: SchedulerRegistry,
    private readonly options: RoundsOptions,
    private readonly redis: RedisReadiness,
    private readonly work: () => Promise<unknown>,
  ) {
    this.rounds = new JitteredRounds(timers, options, () => this.round());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.redis.onReady(() => this.rounds.start());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  private async round(): Promise<void> {
    try {
      await this.work();
      this.redis.noteRound(null);
    } catch (error) {
      this.redis.noteRound(error);
      this.logger.warn(`${this.options.name.replaceAll('-', ' ')} failed`, { err: error });
    }
  }
}
