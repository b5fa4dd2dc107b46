import { JobQueue, JobSchedules, SYNC_FLEET } from '@app/jobs';
import { Clock } from '@app/platform';
import { RedisReadiness } from '@app/redis';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { payloadOf, SCHEDULE_KEY } from './order-payload.js';
import { RunOptions } from './run-options.js';

/** The workers of a deployment start together, and one run after that is enough. */
const STARTING_TOGETHER_MS = 10_000;
const RETRY_MS = 5_000;

/**
 * Asks for the sync at the start of a worker and for the schedule. It only asks: a process listens and answers before
 * its first sync, however long that takes.
 */
@Injectable()
export class SyncBoot implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SyncBoot.name);
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly schedules: JobSchedules,
    private readonly queue: JobQueue,
    private readonly clock: Clock,
    private readonly options: RunOptions,
    private readonly redis: RedisReadiness,
  ) {}

  onModuleInit(): void {
    const { automatic, intervalMs } = this.options;
    const payload = payloadOf({ trigger: 'schedule' });
    this.schedules.add({ key: SCHEDULE_KEY, job: SYNC_FLEET, payload, everyMs: automatic ? intervalMs : null });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.redis.onReady(() => {
      const unlessRunSince = Math.max(1, this.clock.now() - STARTING_TOGETHER_MS);
      this.asking = this.ask(unlessRunSince);
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.asking;
  }

  private async ask(unlessRunSince: number): Promise<void> {
    try {
      await this.queue.enqueue(SYNC_FLEET, payloadOf({ trigger: 'startup', unlessRunSince }));
    } catch (error) {
      this.logger.warn('the sync of the start could not be enqueued, trying again', { err: error });
      if (this.stopped) return;
      this.timer = setTimeout(() => {
        this.asking = this.ask(unlessRunSince);
      }, RETRY_MS);
    }
  }
}
