import { setTimeout } from 'node:timers/promises';
import { redisTrouble } from '@app/redis';
import { Logger } from '@nestjs/common';
import { isNotConnectionError, type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { backoffDelayMs } from '../backoff.js';
import type { JobBackoff, JobPayload } from '../job-declaration.js';
import type { QueueName } from '../queues.js';
import { BullMqJobRun, DRAINING, type JobRunParts } from './bullmq-job-run.js';
import { bullMqPrefix } from './bullmq-options.js';

/** For a job that this worker does not know: see `BullMqJobRun`. */
const UNKNOWN_JOB_BACKOFF: JobBackoff = { firstDelayMs: 5_000, maxDelayMs: 60_000 };

const SAID_AGAIN_AFTER_MS = 60_000;
const PAUSE_AFTER_REFUSAL_MS = 1_000;

/** BullMQ asks again at once when Redis refuses, as a full one does: hundreds of times a second, for as long as it is full. */
class PatientWorker<Data, Result> extends Worker<Data, Result> {
  protected override async moveToActive(
    ...args: Parameters<Worker<Data, Result>['moveToActive']>
  ): ReturnType<Worker<Data, Result>['moveToActive']> {
    try {
      return await super.moveToActive(...args);
    } catch (error) {
      if (!this.closing) await setTimeout(PAUSE_AFTER_REFUSAL_MS);
      throw error;
    }
  }
}

export interface QueueWorkerConnection {
  /** Waits for Redis for ever; stays the caller's to close. */
  readonly redis: Redis;
  readonly keyPrefix: string;
  /** Where INFO is not allowed: BullMQ would not start. */
  readonly skipVersionCheck: boolean;
}

/**
 * Works on one queue. A BullMQ `Worker` of our own instead of @nestjs/bullmq's `@Processor`, as that one starts it
 * before the application is up, closes it only after `beforeApplicationShutdown`, and leaves no hold on it by which to
 * abort its runs.
 */
export class QueueWorker {
  private readonly logger = new Logger(QueueWorker.name);
  private readonly worker: Worker<JobPayload, void>;
  private readonly afterwork = new Set<Promise<void>>();
  /** What was logged last of Redis, as it is said again with every try. */
  private logged = { text: '', at: Number.NEGATIVE_INFINITY };

  constructor(
    private readonly name: QueueName,
    { redis, keyPrefix, skipVersionCheck }: QueueWorkerConnection,
    private readonly parts: JobRunParts,
  ) {
    const { settings } = parts;
    const run = new BullMqJobRun(parts);
    this.worker = new PatientWorker<JobPayload, void>(
      name,
      // BullMQ hands over a signal only to a function of three parameters.
      (job, token, signal) => {
        if (token === undefined || signal === undefined) throw new Error('BullMQ gave no token or signal');
        return run.process(job, token, signal);
      },
      {
        connection: redis,
        prefix: bullMqPrefix(keyPrefix),
        skipVersionCheck,
        // BullMQ's 15 s would keep a queue standing for as long after every refusal of a Redis that fails over.
        runRetryDelay: 1_000,
        // In seconds; BullMQ's 5 double what an idle worker asks. A job that comes wakes it at once.
        drainDelay: 10,
        autorun: false,
        concurrency: settings.concurrency,
        lockDuration: settings.lockDurationMs,
        stalledInterval: settings.stalledIntervalMs,
        // BullMQ would fail such a job without asking us, and lose what was wished meanwhile; BullMqJobRun counts.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        removeOnComplete: { count: settings.keepCompleted },
        removeOnFail: { count: settings.keepFailed },
        settings: {
          backoffStrategy: (faults, _type, _error, job) => {
            const backoff = parts.handlers.find(job?.name ?? '')?.job.backoff ?? UNKNOWN_JOB_BACKOFF;
            return backoffDelayMs(backoff, faults, Math.random());
          },
        },
      },
    );
    this.listen();
  }

  /** Takes jobs until drained. Does not wait for Redis. */
  start(): void {
    this.worker.run().catch((error: unknown) => {
      this.logger.error('worker ended', { queue: this.name, err: error });
    });
  }

  /** Takes no more jobs; resolves when the running ones have ended. */
  async close(): Promise<void> {
    await this.worker.close();
    await Promise.all(this.afterwork);
  }

  /** Aborts the running jobs, which are then given back. */
  abortRuns(): void {
    this.worker.cancelAllJobs(DRAINING);
  }

  /** Lets go of Redis at once, for a worker that does not close. Its jobs are found stalled by others. */
  async disconnect(): Promise<void> {
    await this.worker.disconnect();
  }

  private listen(): void {
    const queue = this.name;
    this.worker.on('error', (error) => {
      // While Redis is away there are several a second; the connection's owner says so once.
      if (this.isNews(error)) this.logger.error('worker error', { queue, err: error });
      else this.logger.debug('worker without Redis', { queue, err: error });
    });
    this.worker.on('failed', (job, error) => this.afterFault(job, error));
    this.worker.on('stalled', (jobId) => this.afterwards(this.reportStalled(jobId), jobId));
    // Another worker may have it already; two runs of one job at a time are what the lock is there to prevent.
    this.worker.on('lockRenewalFailed', (jobIds) => {
      for (const jobId of jobIds) this.worker.cancelJob(jobId, 'the lock of the job is gone');
    });
  }

  private isNews(error: Error): boolean {
    if (!isNotConnectionError(error)) return false;
    const text = redisTrouble(error)?.text;
    if (text === undefined) return true;
    const now = performance.now();
    if (text === this.logged.text && now - this.logged.at < SAID_AGAIN_AFTER_MS) return false;
    this.logged = { text, at: now };
    return true;
  }

  private afterFault(job: Job<JobPayload> | undefined, error: Error): void {
    const ids = { queue: this.name, job: job?.name, jobId: job?.id, attempt: job?.attemptsMade };
    if (job?.id === undefined || job.finishedOn !== undefined) {
      this.logger.error('job failed, no attempt left', { ...ids, err: error });
      return;
    }
    this.logger.warn('job failed, will be retried', { ...ids, err: error });
    this.afterwards(this.parts.coalescing.applyWishToRetry(job.id), job.id);
  }

  private async reportStalled(jobId: string): Promise<void> {
    const job = await this.parts.coalescing.queue.getJob(jobId);
    const ids = { queue: this.name, job: job?.name, jobId, stalls: job?.stalledCounter };
    this.logger.warn('job stalled: its worker died or was too busy to renew its lock', ids);
  }

  /** Work that an event sets off; closing waits for it. */
  private afterwards(work: Promise<void>, jobId: string): void {
    const settled = work
      .catch((error: unknown) => this.logger.warn('after a job', { queue: this.name, jobId, err: error }))
      .finally(() => this.afterwork.delete(settled));
    this.afterwork.add(settled);
  }
}
