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
import { RunOptions } from '../model/run-options.js';
import { payloadOf, SCHEDULE_KEY } from './sync-jobs.js';

/** The workers of a deployment start together; one run is enough for all of them. */
const STARTING_TOGETHER_MS = 10_000;
const RETRY_MS = 5_000;

/**
 * Enqueues the sync of a worker's start and registers the schedule. It runs nothing itself: a process listens and answers
 * before its first sync, however long that takes.
 */
@Injectable()
export class SyncBoot implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SyncBoot.name);
  private timer: NodeJS.Timeout | undefined;
  private enqueuing: Promise<void> = Promise.resolve();
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
      this.enqueuing = this.enqueue(unlessRunSince);
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.enqueuing;
  }

  private async enqueue(unlessRunSince: number): Promise<void> {
    try {
      await this.queue.enqueue(SYNC_FLEET, payloadOf({ trigger: 'startup', unlessRunSince }));
    } catch (error) {
      this.logger.warn('the sync of the start could not be enqueued, trying again', { err: error });
      if (this.stopped) return;
      this.timer = setTimeout(() => {
        this.enqueuing = this.enqueue(unlessRunSince);
      }, RETRY_MS);
    }
  }
}
