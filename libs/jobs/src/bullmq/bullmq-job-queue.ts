import { type Clock, msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { orUnavailable } from '@app/redis';
import type { Redis } from 'ioredis';
import { type JobDeclaration, type JobPayload, type QueueName, validatePayload } from '../catalogue/job.js';
import { type EnqueueOptions, JobQueue, type QueueCounts, QueueUnavailableError } from '../catalogue/job-queue.port.js';
import { enqueueInSpan } from '../running/job-spans.js';
import { storedJob } from './bullmq-layout.js';
import type { BullMqQueues } from './bullmq-queues.js';
import { CoalescingQueue, type JobRequest } from './coalescing-queue.js';
import { ScheduledJobs } from './scheduled-jobs.js';

/** Hands work to the workers through Redis. Fails fast when that is away. */
export class BullMqJobQueue extends JobQueue {
  private readonly scheduled = new Map<QueueName, ScheduledJobs>();

  constructor(
    private readonly queues: BullMqQueues,
    private readonly redis: Redis,
    private readonly clock: Clock,
  ) {
    super();
  }

  private coalescing(name: QueueName): CoalescingQueue {
    return new CoalescingQueue(this.queues.get(name), this.redis, this.clock);
  }

  private schedules(name: QueueName): ScheduledJobs {
    // Kept, as they remember what this process has put in.
    const known = this.scheduled.get(name);
    if (known !== undefined) return known;
    const schedules = new ScheduledJobs(this.queues.get(name), this.redis, this.clock);
    this.scheduled.set(name, schedules);
    return schedules;
  }

  override async enqueue<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    options: EnqueueOptions & { readonly delayMs?: number } = {},
  ): Promise<void> {
    const request = this.requestFor(job, payload, options.delayMs ?? 0, options);
    await this.request(job, [request]);
  }

  override async enqueueMany<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payloads: readonly Payload[],
    options: EnqueueOptions = {},
  ): Promise<void> {
    const requests = payloads.map((payload) => this.requestFor(job, payload, 0, options));
    await this.request(job, requests);
  }

  private request(job: JobDeclaration, requests: readonly Omit<JobRequest, 'wakers'>[]): Promise<void> {
    const keys = requests.map(({ key }) => key);
    return enqueueInSpan(job, keys, (wakers) =>
      failFast(this.coalescing(job.queue).request(requests.map((request) => ({ ...request, wakers })))),
    );
  }

  private requestFor<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    delayMs: number,
    { urgent = false }: EnqueueOptions,
  ): Omit<JobRequest, 'wakers'> {
    const valid = validatePayload(job, payload);
    return { key: job.coalescingKey(valid), dueMs: this.clock.now() + delayMs, job: storedJob(job, valid, urgent) };
  }

  override async schedule<Payload extends JobPayload>(
    key: string,
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    everyMs: number,
  ): Promise<void> {
    const stored = storedJob(job, validatePayload(job, payload));
    await failFast(this.schedules(job.queue).assert(key, stored, everyMs));
  }

  override async nextRunOf(key: string, job: JobDeclaration): Promise<Timestamp | null> {
    const due = await failFast(this.schedules(job.queue).nextRunMs(key));
    return due === null ? null : timestampFromMs(due);
  }

  override async unschedule(key: string, job: JobDeclaration): Promise<void> {
    await failFast(this.queues.get(job.queue).removeJobScheduler(key));
  }

  override async pendingKeys(
    queue: QueueName,
    keys: readonly string[],
    by: Timestamp | null = null,
  ): Promise<ReadonlySet<string>> {
    if (keys.length === 0) return new Set();
    return failFast(this.coalescing(queue).pendingKeys(keys, by === null ? null : msFromTimestamp(by)));
  }

  override async counts(queue: QueueName): Promise<QueueCounts> {
    const counts = await failFast(
      this.queues.get(queue).getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'failed'),
    );
    const of = (state: string): number => counts[state] ?? 0;
    return {
      waiting: of('waiting') + of('prioritized'),
      delayed: of('delayed'),
      active: of('active'),
      failed: of('failed'),
    };
  }
}

/** The connection itself gives up after one retry and its time; this also bounds a server that never answers. */
const LIMIT_MS = 2_800;

/**
 * The result of a call to Redis, or a failure soon.
 * @throws QueueUnavailableError when Redis cannot serve; the call's own error for an error of ours
 */
export async function failFast<Result>(call: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from Redis within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    return await orUnavailable(
      Promise.race([call, limit]),
      (text, cause) => new QueueUnavailableError(`the job queue is away: ${text}`, { cause }),
    );
  } finally {
    clearTimeout(timer);
  }
}
