import { type Clock, timestampFromMs } from '@app/platform';
import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { type QueueName } from '../catalogue/job.js';
import type { Fetching, FetchMetrics } from '../running/job-metrics.js';
import type { CoalescingQueue } from './coalescing-queue.js';
import {
  afterStep,
  beginWatch,
  type FetchPace,
  type FetchWatch,
  isConsuming,
  observeFetch,
  type RecoveryStep,
  stepFor,
} from './fetch-watch.js';
import type { QueueWorker } from './queue-worker.js';

export interface WatchedQueue {
  readonly worker: QueueWorker;
  readonly coalescing: CoalescingQueue;
}

export interface FetchWatchdogParts {
  readonly clock: Clock;
  readonly metrics: FetchMetrics<RecoveryStep>;
  /** A new connection that waits for Redis for ever; its user closes it. */
  readonly connect: (queue: QueueName) => Redis;
  /** Asks for the end of this process. */
  readonly end: (reason: string) => void;
}

/** Sees that the fetch loop of every queue comes back, and gets one going again that does not although a job is due. */
export class FetchWatchdog {
  private readonly logger = new Logger(FetchWatchdog.name);
  private readonly watches = new Map<QueueName, FetchWatch>();
  private readonly recovering = new Set<QueueName>();
  private stopped = false;

  constructor(
    private readonly queues: readonly WatchedQueue[],
    private readonly parts: FetchWatchdogParts,
    private readonly pace: FetchPace,
  ) {
    for (const { worker } of queues) this.watches.set(worker.name, beginWatch(performance.now()));
  }

  /** To be called whenever Redis has just proved that it works. Asks it nothing unless a loop stays away. */
  observe(): void {
    if (this.stopped) return;
    for (const queue of this.queues) {
      const { name, returnedAtMs, isFull } = queue.worker;
      const watch = observeFetch(this.watchOf(name), { nowMs: performance.now(), returnedAtMs, isFull }, this.pace);
      this.watches.set(name, watch);
      const step = stepFor(watch, this.pace);
      if (step !== null && !this.recovering.has(name)) void this.recover(queue, step);
    }
  }

  stop(): void {
    this.stopped = true;
  }

  status(): ReadonlyMap<QueueName, Fetching> {
    return new Map(
      this.queues.map(({ worker: { name, returnedAtMs } }) => [
        name,
        {
          consuming: isConsuming(this.watchOf(name), this.pace),
          lastFetchAt: timestampFromMs(Math.round(this.parts.clock.now() - (performance.now() - returnedAtMs))),
        },
      ]),
    );
  }

  private async recover(queue: WatchedQueue, step: RecoveryStep): Promise<void> {
    const { name } = queue.worker;
    this.recovering.add(name);
    try {
      if (!(await queue.coalescing.hasDueJob()) || this.stopped) return;
      // The answer may have taken a while.
      if (stepFor(this.watchOf(name), this.pace) !== step) return;
      this.watches.set(name, afterStep(this.watchOf(name), step));
      this.parts.metrics.countStep(name, step);
      this.logger.error(LOG_TEXTS[step], { queue: name, lastFetchAt: this.status().get(name)?.lastFetchAt });
      await this.take(step, queue);
    } catch (error) {
      this.logger.warn('the watchdog of a queue failed', { queue: name, step, err: error });
    } finally {
      this.recovering.delete(name);
    }
  }

  private async take(step: RecoveryStep, { worker, coalescing }: WatchedQueue): Promise<void> {
    switch (step) {
      case 'wake':
        await coalescing.wake();
        return;
      case 'rebuild':
        worker.rebuild(this.parts.connect(worker.name));
        return;
      case 'end':
        this.parts.end(`no job of queue ${worker.name} is taken, and a new worker of it did not help`);
        return;
    }
  }

  private watchOf(name: QueueName): FetchWatch {
    return this.watches.get(name) ?? beginWatch(performance.now());
  }
}

const LOG_TEXTS: Readonly<Record<RecoveryStep, string>> = {
  wake: 'jobs are due and none is taken: waking the worker of the queue',
  rebuild: 'jobs are due and none is taken: making the worker of the queue anew',
  end: 'jobs are due and none is taken: ending this process, so that it is started again',
};
