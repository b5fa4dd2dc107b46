import { type Clock, type Timestamp, timestampFromMs } from '@app/platform';
import type { JobDeclaration, JobPayload } from '../job-declaration.js';
import type { JobHandlers } from '../job-handlers.js';
import { type EnqueueOptions, JobQueue, type QueueCounts } from '../job-queue.port.js';
import type { JobWorkers } from '../job-workers.port.js';
import { validatePayload } from '../payload-validation.js';
import type { QueueSettings } from '../queue-settings.js';
import type { QueueName } from '../queues.js';
import { drainPlan } from '../running/drain-plan.js';
import { endsWithin } from '../running/ends-within.js';
import type { JobRunMetrics } from '../running/job-metrics.js';
import type { WorkerPresence } from '../worker-presence.port.js';
import { InProcessLane } from './in-process-lane.js';
import { InProcessSchedules } from './in-process-schedules.js';
import type { Timers } from './timers.js';

/** Thrown when a job is enqueued, without Redis, in a process that runs no jobs: nobody ever would. */
export class NoJobHandlersError extends Error {
  override readonly name = 'NoJobHandlersError';
}

/**
 * Queue and workers in one process, for use without Redis. What waits is lost with the process; the deadlines of the
 * records bring it back.
 */
export class InProcessJobQueue extends JobQueue implements JobWorkers, WorkerPresence {
  private readonly lanes = new Map<QueueName, InProcessLane>();
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
    this.schedules = new InProcessSchedules(timers, clock, (job, payload) => this.add(job, payload, 0));
  }

  /** @throws InvalidJobPayloadError NoJobHandlersError */
  override async enqueue<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    options: EnqueueOptions & { readonly delayMs?: number } = {},
  ): Promise<void> {
    this.add(job, validatePayload(job, payload), options.delayMs ?? 0, options);
  }

  /** @throws InvalidJobPayloadError NoJobHandlersError */
  override async enqueueMany<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payloads: readonly Payload[],
    options: EnqueueOptions = {},
  ): Promise<void> {
    const valid = payloads.map((payload) => validatePayload(job, payload));
    for (const payload of valid) this.add(job, payload, 0, options);
  }

  private add<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    delayMs: number,
    { urgent = false }: EnqueueOptions = {},
  ): void {
    if (this.handlers?.find(job.name) === undefined) {
      throw new NoJobHandlersError(
        `${job.name} cannot be enqueued: without Redis a job runs in the process that enqueues it, and this one runs none. Set REDIS_URL, or run the standalone process`,
      );
    }
    const dueMs = this.clock.now() + delayMs;
    this.lane(job.queue).wish({ key: job.coalescingKey(payload), dueMs, job, payload: { ...payload }, urgent });
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

  override async pendingKeys(queue: QueueName, keys: readonly string[]): Promise<ReadonlySet<string>> {
    const lane = this.lane(queue);
    return new Set(keys.filter((key) => lane.isPending(key)));
  }

  override async counts(queue: QueueName): Promise<QueueCounts> {
    return this.lane(queue).counts();
  }

  attach(handlers: JobHandlers): void {
    this.handlers = handlers;
  }

  async start(): Promise<void> {
    if (this.handlers === null) throw new Error('start() before attach()');
    this.taking = true;
    for (const queue of this.handlers.queues) this.lane(queue).start(this.handlers);
  }

  async drain(withinMs: number): Promise<void> {
    this.taking = false;
    this.schedules.clear();
    const lanes = [...this.lanes.values()];
    const plan = drainPlan(withinMs);
    const closed = Promise.all(lanes.map((lane) => lane.close()));
    if (await endsWithin(closed, plan.finishMs)) return;
    for (const lane of lanes) lane.abortRuns();
    await endsWithin(closed, plan.giveBackMs);
  }

  async isAnyAlive(): Promise<boolean> {
    return this.taking;
  }

  private lane(queue: QueueName): InProcessLane {
    const known = this.lanes.get(queue);
    if (known !== undefined) return known;
    const { timers, metrics, clock } = this;
    const lane = new InProcessLane({ queue, settings: this.settings[queue], timers, metrics, clock });
    this.lanes.set(queue, lane);
    return lane;
  }
}
