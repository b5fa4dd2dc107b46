import { setTimeout } from 'node:timers/promises';
import { type ReportUnreadable, redisTrouble } from '@app/redis';
import { Logger } from '@nestjs/common';
import { isNotConnectionError, type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobBackoff, JobPayload } from '../catalogue/job.js';
import { type QueueName } from '../catalogue/job.js';
import { backoffDelayMs } from '../running/run-job.js';
import { BullMqJobRun, DRAINING, type JobRunParts } from './bullmq-job-run.js';
import { bullMqPrefix, whereIsJob } from './bullmq-layout.js';

/** For a job that this worker does not know: see `BullMqJobRun`. */
const UNKNOWN_JOB_BACKOFF: JobBackoff = { firstDelayMs: 5_000, maxDelayMs: 60_000 };

const REPEATED_AFTER_MS = 60_000;
const PAUSE_AFTER_ERROR_MS = 1_000;

/**
 * Says when its fetch loop last came back, and how many jobs run.
 *
 * BullMQ has no event for a fetch that brought nothing, its telemetry leaves out the fetches of its main loop, and jobs that
 * are fetched by hand would need a loop of our own. `moveToActive` is open to subclasses by its types, and the loop calls
 * it after every wait, with a job or without one; `active` also reports the jobs that the end of another one brings.
 */
class ObservedWorker<Data, Result> extends Worker<Data, Result> {
  returnedAtMs = performance.now();
  runs = 0;
  /** Gets each job that cannot be read; set by its owner before it takes any. */
  onUnreadable: ReportUnreadable = () => undefined;
  /** Has jobs mended that BullMQ cannot take because their options are damaged. */
  mendOptions: () => Promise<void> = () => Promise.resolve();
  private readonly unreadable = new Set<string>();

  /**
   * BullMQ would throw for a payload that is no JSON, after it has taken the job: found stalled, it would be taken again and
   * again. So it is given an empty one, and fails for good when it runs; what is stored stays as it is.
   */
  protected override createJob(...[stored, id]: Parameters<Worker<Data, Result>['createJob']>): Job<Data, Result> {
    if (isJson(stored.data)) return super.createJob(stored, id);
    const jobId = stored.id || id;
    this.unreadable.add(jobId);
    const where = whereIsJob(this.name, jobId);
    this.onUnreadable({ kind: 'job', where, reason: 'its payload is not JSON', text: stored.data });
    return super.createJob({ ...stored, data: '{}' }, id);
  }

  /** @returns whether a job that was taken cannot be read; true once for each run */
  isUnreadable(jobId: string | undefined): boolean {
    return jobId !== undefined && this.unreadable.delete(jobId);
  }

  protected override async moveToActive(
    ...args: Parameters<Worker<Data, Result>['moveToActive']>
  ): ReturnType<Worker<Data, Result>['moveToActive']> {
    try {
      const job = await super.moveToActive(...args);
      this.returnedAtMs = performance.now();
      return job;
    } catch (error) {
      // An error reply comes from a loop that works. A connection that was closed for good fails too, again and again.
      if (error instanceof Error && isNotConnectionError(error)) this.returnedAtMs = performance.now();
      if (error instanceof SyntaxError) await this.mendOptions();
      // BullMQ asks again at once, as when Redis is full: hundreds of times a second, for as long as it is full.
      if (!this.closing) await setTimeout(PAUSE_AFTER_ERROR_MS);
      throw error;
    }
  }

  /** The work of BullMQ's own timer, which would ask at its interval whether any job runs or not. */
  async checkStalled(): Promise<void> {
    for (const jobId of await this.backend.moveStalledJobsToWait()) this.emit('stalled', jobId, 'active');
  }
}

function isJson(text: string | undefined): boolean {
  // BullMQ takes a payload that is missing for an empty one.
  if (text === undefined || text === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export interface QueueWorkerConnection {
  /** Waits for Redis for ever; stays the caller's to close. */
  readonly redis: Redis;
  readonly keyPrefix: string;
  /** Where INFO is not allowed: BullMQ would not start. */
  readonly skipVersionCheck: boolean;
  /** The longest time for which an idle worker waits at Redis before it asks anew. A job that comes wakes it at once. */
  readonly drainDelayMs: number;
}

/**
 * Works on one queue. A BullMQ `Worker` of our own instead of @nestjs/bullmq's `@Processor`, as that one starts it
 * before the application is up, closes it only after `beforeApplicationShutdown`, and leaves no hold on it by which to
 * abort its runs.
 */
export class QueueWorker {
  private readonly logger = new Logger(QueueWorker.name);
  private worker: ObservedWorker<JobPayload, void>;
  /** Replaced ones, until the jobs that they run have ended, each with what is to be closed then. */
  private readonly replaced = new Map<Worker<JobPayload, void>, Promise<void>>();
  private readonly afterwork = new Set<Promise<void>>();
  private checksStalled = false;
  /** The error of Redis that was logged last, since it comes again with every try. */
  private logged = { text: '', at: Number.NEGATIVE_INFINITY };

  constructor(
    readonly name: QueueName,
    private readonly connection: QueueWorkerConnection,
    private readonly parts: JobRunParts,
  ) {
    this.worker = this.open(connection.redis);
  }

  /** When the fetch loop last came back from Redis, by `performance.now()`. */
  get returnedAtMs(): number {
    return this.worker.returnedAtMs;
  }

  /** Whether as many jobs run as may. */
  get isFull(): boolean {
    return this.worker.runs >= this.parts.settings.concurrency;
  }

  private open(redis: Redis): ObservedWorker<JobPayload, void> {
    const { parts, name } = this;
    const { settings } = parts;
    const run = new BullMqJobRun(parts);
    const worker = new ObservedWorker<JobPayload, void>(
      name,
      // BullMQ hands over a signal only to a function of three parameters.
      async (job, token, signal) => {
        if (token === undefined || signal === undefined) throw new Error('BullMQ gave no token or signal');
        worker.runs += 1;
        try {
          if (worker.isUnreadable(job.id)) await run.refuse(job, token);
          else await run.process(job, token, signal);
        } finally {
          worker.runs -= 1;
        }
      },
      {
        connection: redis,
        prefix: bullMqPrefix(this.connection.keyPrefix),
        skipVersionCheck: this.connection.skipVersionCheck,
        // BullMQ's 15 s would keep a queue standing for as long after every error reply of a Redis that fails over.
        runRetryDelay: 1_000,
        drainDelay: this.connection.drainDelayMs / 1_000,
        autorun: false,
        concurrency: settings.concurrency,
        lockDuration: settings.lockDurationMs,
        // See `checkStalled`; the interval still keeps the workers of a fleet from checking one after another.
        skipStalledCheck: true,
        stalledInterval: settings.stalledIntervalMs,
        // BullMQ would fail such a job without asking us, and lose what was requested meanwhile; BullMqJobRun counts.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        removeOnComplete: { count: settings.keepCompleted },
        removeOnFail: { count: settings.keepFailed },
        settings: {
          backoffStrategy: (failures, _type, _error, job) => {
            const backoff = parts.handlers.find(job?.name ?? '')?.job.backoff ?? UNKNOWN_JOB_BACKOFF;
            return backoffDelayMs(backoff, failures, Math.random());
          },
        },
      },
    );
    worker.onUnreadable = parts.onUnreadable;
    worker.mendOptions = () => parts.coalescing.mendOptions(parts.onUnreadable);
    this.listen(worker);
    return worker;
  }

  /** Takes jobs until drained. Does not wait for Redis. */
  start(): void {
    this.worker.run().catch((error: unknown) => {
      this.logger.error('worker ended', { queue: this.name, err: error });
    });
  }

  /** Gives jobs whose worker died to another one. To be called now and then while any job of the queue runs anywhere. */
  checkStalled(): void {
    if (this.checksStalled || this.worker.closing !== undefined) return;
    this.checksStalled = true;
    this.worker
      .checkStalled()
      .catch((error: unknown) => this.logger.debug('stalled jobs cannot be searched for', { err: error }))
      .finally(() => {
        this.checksStalled = false;
      });
  }

  /**
   * Takes jobs by a new worker of BullMQ's. What the old one runs, ends there; the two may run more jobs than `concurrency`
   * meanwhile.
   *
   * @param redis waits for Redis for ever; closed here with the new worker
   */
  rebuild(redis: Redis): void {
    this.retire(this.worker);
    this.worker = this.open(redis);
    this.worker.once('closed', () => redis.disconnect());
    this.start();
  }

  private retire(worker: Worker<JobPayload, void>): void {
    const closed = worker.close().finally(() => this.replaced.delete(worker));
    this.replaced.set(worker, closed);
  }

  /** Takes no more jobs; resolves when the running ones have ended. */
  async close(): Promise<void> {
    await Promise.all([this.worker.close(), ...this.replaced.values()]);
    await Promise.all(this.afterwork);
  }

  /** Aborts the running jobs, which are then given back. */
  abortRuns(): void {
    for (const worker of [this.worker, ...this.replaced.keys()]) worker.cancelAllJobs(DRAINING);
  }

  /** Lets go of Redis at once, for a worker that does not close. Its jobs are found stalled by others. */
  async disconnect(): Promise<void> {
    await Promise.all([this.worker, ...this.replaced.keys()].map((worker) => worker.disconnect()));
  }

  private listen(worker: ObservedWorker<JobPayload, void>): void {
    const queue = this.name;
    worker.on('active', () => {
      worker.returnedAtMs = performance.now();
    });
    worker.on('error', (error) => {
      // While Redis is away there are several a second; the connection's owner says so once.
      if (this.isNewError(error)) this.logger.error('worker error', { queue, err: error });
      else this.logger.debug('worker without Redis', { queue, err: error });
    });
    worker.on('failed', (job, error) => this.afterError(job, error));
    worker.on('stalled', (jobId) => this.afterwards(this.reportStalled(jobId), jobId));
    // Another worker may have it already; two runs of one job at a time are what the lock is there to prevent.
    worker.on('lockRenewalFailed', (jobIds) => {
      for (const jobId of jobIds) worker.cancelJob(jobId, 'the lock of the job is gone');
    });
  }

  private isNewError(error: Error): boolean {
    if (!isNotConnectionError(error)) return false;
    const text = redisTrouble(error)?.text;
    if (text === undefined) return true;
    const now = performance.now();
    if (text === this.logged.text && now - this.logged.at < REPEATED_AFTER_MS) return false;
    this.logged = { text, at: now };
    return true;
  }

  private afterError(job: Job<JobPayload> | undefined, error: Error): void {
    const ids = { queue: this.name, job: job?.name, jobId: job?.id, attempt: job?.attemptsMade };
    if (job?.id === undefined || job.finishedOn !== undefined) {
      this.logger.error('job failed, no attempt left', { ...ids, err: error });
      return;
    }
    this.logger.warn('job failed, will be retried', { ...ids, err: error });
    this.afterwards(this.parts.coalescing.applyRequestToRetry(job.id), job.id);
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
