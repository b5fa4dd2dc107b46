import { type Clock, msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import type { QueueSettings } from '../catalogue/catalogue.js';
import type { JobDeclaration, JobPayload } from '../catalogue/job.js';
import { type QueueName, validatePayload } from '../catalogue/job.js';
import type { WorkerPresence } from '../catalogue/job-queue.port.js';
import { type EnqueueOptions, JobQueue, type QueueCounts } from '../catalogue/job-queue.port.js';
import type { JobHandlers } from '../running/job-handlers.js';
import type { JobRunMetrics } from '../running/job-metrics.js';
import { enqueueInSpan, type Waker } from '../running/job-spans.js';
import type { JobWorkers } from '../running/job-workers.port.js';
import { drainPlan, endsWithin } from '../running/job-workers.port.js';
import { InMemoryQueue } from './in-memory-queue.js';
import type { Timers } from './in-process-schedules.js';
import { InProcessSchedules } from './in-process-schedules.js';

/** Thrown when a job is enqueued, without Redis, in a process that runs no jobs: nobody ever would. */
export class NoJobHandlersError extends Error {
  override readonly name = 'NoJobHandlersError';
}

interface AddOptions {
  readonly urgent: boolean;
  readonly delayMs: number;
  readonly wakers: readonly Waker[];
}

/**
 * Queue and workers in one process, for use without Redis. Waiting jobs are lost with the process; the deadlines of the
 * records bring it back.
 */
export class InProcessJobQueue extends JobQueue implements JobWorkers, WorkerPresence {
  private readonly queues = new Map<QueueName, InMemoryQueue>();
  private readonly schedules: InProcessSchedules;
  private handlers: JobHandlers | null = null;
  private taking = false;

  constructor(
    private readonly timers: Timers,
    private readonly settings: Readonly<Record<QueueName, QueueSettings>>,
    private readonly metrics: JobRunMetrics,
    private readonly clock: Clock,
  ) {
    super();
    this.schedules = new InProcessSchedules(timers, clock, (job, payload) =>
      this.add(job, payload, { urgent: false, delayMs: 0, wakers: [] }),
    );
  }

  /** @throws InvalidJobPayloadError NoJobHandlersError */
  override async enqueue<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    options: EnqueueOptions & { readonly delayMs?: number } = {},
  ): Promise<void> {
    const valid = validatePayload(job, payload);
    const { delayMs = 0, urgent = false } = options;
    await enqueueInSpan(job, [job.coalescingKey(valid)], async (wakers) =>
      this.add(job, valid, { urgent, delayMs, wakers }),
    );
  }

  /** @throws InvalidJobPayloadError NoJobHandlersError */
  override async enqueueMany<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payloads: readonly Payload[],
    options: EnqueueOptions = {},
  ): Promise<void> {
    const valid = payloads.map((payload) => validatePayload(job, payload));
    const { urgent = false } = options;
    const keys = valid.map((payload) => job.coalescingKey(payload));
    await enqueueInSpan(job, keys, async (wakers) => {
      for (const payload of valid) this.add(job, payload, { urgent, delayMs: 0, wakers });
    });
  }

  private add<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    { urgent, delayMs, wakers }: AddOptions,
  ): void {
    if (this.handlers?.find(job.name) === undefined) {
      throw new NoJobHandlersError(
        `${job.name} cannot be enqueued: without Redis a job runs in the process that enqueues it, and this one runs none. Set REDIS_URL, or run the standalone process`,
      );
    }
    const dueMs = this.clock.now() + delayMs;
    const key = job.coalescingKey(payload);
    this.queueOf(job.queue).request({ key, dueMs, job, payload: { ...payload }, urgent, wakers });
  }

  /** @throws InvalidJobPayloadError NoJobHandlersError */
  override async schedule<Payload extends JobPayload>(
    key: string,
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    everyMs: number,
  ): Promise<void> {
    this.schedules.assert(key, job, validatePayload(job, payload), everyMs);
  }

  override async nextRunOf(key: string, job: JobDeclaration): Promise<Timestamp | null> {
    const due = this.schedules.nextRunMs(key, job);
    return due === null ? null : timestampFromMs(due);
  }

  override async unschedule(key: string, job: JobDeclaration): Promise<void> {
    this.schedules.remove(key, job);
  }

  override async pendingKeys(
    queue: QueueName,
    keys: readonly string[],
    by: Timestamp | null = null,
  ): Promise<ReadonlySet<string>> {
    const pending = this.queueOf(queue);
    const byMs = by === null ? Number.POSITIVE_INFINITY : msFromTimestamp(by);
    return new Set(keys.filter((key) => pending.isPending(key, byMs)));
  }

  override async counts(queue: QueueName): Promise<QueueCounts> {
    return this.queueOf(queue).counts();
  }

  attach(handlers: JobHandlers): void {
    this.handlers = handlers;
  }

  async start(): Promise<void> {
    if (this.handlers === null) throw new Error('start() before attach()');
    this.taking = true;
    for (const queue of this.handlers.queues) this.queueOf(queue).start(this.handlers);
  }

  async drain(withinMs: number): Promise<void> {
    this.taking = false;
    this.schedules.clear();
    const queues = [...this.queues.values()];
    const plan = drainPlan(withinMs);
    const closed = Promise.all(queues.map((queue) => queue.close()));
    if (await endsWithin(closed, plan.finishMs)) return;
    for (const queue of queues) queue.abortRuns();
    await endsWithin(closed, plan.giveBackMs);
  }

  async isAnyAlive(): Promise<boolean> {
    return this.taking;
  }

  private queueOf(name: QueueName): InMemoryQueue {
    const known = this.queues.get(name);
    if (known !== undefined) return known;
    const { timers, metrics, clock } = this;
    const queue = new InMemoryQueue({ queue: name, settings: this.settings[name], timers, metrics, clock });
    this.queues.set(name, queue);
    return queue;
  }
}
