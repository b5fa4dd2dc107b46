import { type Clock, type Timestamp, timestampFromMs } from '@app/platform';
import type { Redis } from 'ioredis';
import type { JobDeclaration, JobPayload } from '../job-declaration.js';
import { type EnqueueOptions, JobQueue, type QueueCounts } from '../job-queue.port.js';
import { validatePayload } from '../payload-validation.js';
import type { QueueName } from '../queues.js';
import type { BullMqQueues } from './bullmq-queues.js';
import { CoalescingQueue, storedJob, type Wish } from './coalescing-queue.js';
import { failFast } from './fail-fast.js';
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
    const wish = this.wishFor(job, payload, options.delayMs ?? 0, options);
    await failFast(this.coalescing(job.queue).wish([wish]));
  }

  override async enqueueMany<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payloads: readonly Payload[],
    options: EnqueueOptions = {},
  ): Promise<void> {
    const wishes = payloads.map((payload) => this.wishFor(job, payload, 0, options));
    await failFast(this.coalescing(job.queue).wish(wishes));
  }

  private wishFor<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    delayMs: number,
    { urgent = false }: EnqueueOptions,
  ): Wish {
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

  override async pendingKeys(queue: QueueName, keys: readonly string[]): Promise<ReadonlySet<string>> {
    if (keys.length === 0) return new Set();
    return failFast(this.coalescing(queue).pendingKeys(keys));
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
