import type { Clock } from '@app/platform';
import type { RedisConnections, ReportUnreadable } from '@app/redis';
import { Logger } from '@nestjs/common';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueSettings } from '../catalogue/catalogue.js';
import { type QueueName } from '../catalogue/job.js';
import { JobHandlers } from '../running/job-handlers.js';
import type { Fetching, FetchMetrics, JobRunMetrics } from '../running/job-metrics.js';
import { drainPlan, endsWithin, JobWorkers } from '../running/job-workers.port.js';
import { queueOptions, workersKey } from './bullmq-layout.js';
import { CoalescingQueue } from './coalescing-queue.js';
import type { RecoveryStep } from './fetch-watch.js';
import { FetchWatchdog } from './fetch-watchdog.js';
import { QueueWorker } from './queue-worker.js';
import { HEARTBEAT_PACE, type HeartbeatPace, WorkerHeartbeat } from './worker-heartbeat.js';

export interface WorkersPace {
  /** See `QueueWorkerConnection`. */
  readonly drainDelayMs: number;
  readonly heartbeat: HeartbeatPace;
}

/** BullMQ's own 5 s of delay double what an idle worker asks of Redis. */
const PACE: WorkersPace = { drainDelayMs: 10_000, heartbeat: HEARTBEAT_PACE };

export interface BullMqJobWorkersOptions {
  readonly keyPrefix: string;
  readonly settings: Readonly<Record<QueueName, QueueSettings>>;
  readonly pace?: WorkersPace;
}

/** The observers of the workers, and the hook that ends the process. */
export interface BullMqJobWorkersObservers {
  readonly runs: JobRunMetrics;
  readonly fetches: FetchMetrics<RecoveryStep>;
  readonly end: (reason: string) => void;
  readonly unreadable: ReportUnreadable;
}

interface Running {
  readonly connection: Redis;
  readonly queues: readonly Queue[];
  readonly workers: readonly QueueWorker[];
  readonly heartbeat: WorkerHeartbeat;
  readonly watchdog: FetchWatchdog;
}

/** Runs jobs from Redis; waits for it as long as it is away. */
export class BullMqJobWorkers extends JobWorkers {
  private readonly logger = new Logger(BullMqJobWorkers.name);
  private handlers = new JobHandlers([]);
  private running: Running | null = null;

  constructor(
    private readonly connections: Pick<RedisConnections, 'dedicated' | 'mayReadInfo'>,
    private readonly options: BullMqJobWorkersOptions,
    private readonly observers: BullMqJobWorkersObservers,
    private readonly clock: Clock,
  ) {
    super();
    observers.fetches.show(() =>
      [...this.fetches()].map(([name, status]) => [name, { ...status, consuming: status.consuming && this.isWell }]),
    );
  }

  /** Whether the connection by which the jobs are taken answers; true while none are taken. */
  get isWell(): boolean {
    return this.running?.heartbeat.isWell ?? true;
  }

  /** Of each queue that jobs are taken from at present. */
  fetches(): ReadonlyMap<QueueName, Fetching> {
    return this.running?.watchdog.status() ?? new Map();
  }

  override attach(handlers: JobHandlers): void {
    this.handlers = handlers;
  }

  override async start(): Promise<void> {
    const { keyPrefix, settings, pace = PACE } = this.options;
    const connection = this.connections.dedicated('job-workers');
    const skipVersionCheck = !this.connections.mayReadInfo;
    const watched = this.handlers.queues.map((name) => {
      const queue = new Queue(name, { ...queueOptions(connection, keyPrefix), skipVersionCheck });
      // The connection's owner logs its errors.
      queue.on('error', () => undefined);
      // On the waiting connection: a request must not be lost because Redis is away when a run ends.
      const coalescing = new CoalescingQueue(queue, connection, this.clock);
      const worker = new QueueWorker(
        name,
        { redis: connection, keyPrefix, skipVersionCheck, drainDelayMs: pace.drainDelayMs },
        {
          handlers: this.handlers,
          coalescing,
          settings: settings[name],
          metrics: this.observers.runs,
          clock: this.clock,
          onUnreadable: this.observers.unreadable,
        },
      );
      return { queue, worker, coalescing };
    });
    const queues = watched.map(({ queue }) => queue);
    const workers = watched.map(({ worker }) => worker);
    const watchdog = new FetchWatchdog(
      watched,
      {
        clock: this.clock,
        metrics: this.observers.fetches,
        connect: (name) => this.connections.dedicated(`job-worker-${name}`),
        end: this.observers.end,
      },
      { drainDelayMs: pace.drainDelayMs, observedEveryMs: pace.heartbeat.everyMs },
    );
    const heartbeat = new WorkerHeartbeat(
      {
        redis: connection,
        key: workersKey(keyPrefix),
        fetches: () => watchdog.status(),
        lists: queues.map((queue) => queue.toKey('active')),
        onError: (error) => this.logger.warn('heartbeat failed', { err: error }),
        onBeat: (activeJobs) => {
          for (const [index, worker] of workers.entries()) if ((activeJobs[index] ?? 0) > 0) worker.checkStalled();
          watchdog.observe();
        },
      },
      pace.heartbeat,
    );
    this.running = { connection, queues, workers, heartbeat, watchdog };
    for (const worker of workers) worker.start();
    heartbeat.start();
  }

  override async drain(withinMs: number): Promise<void> {
    const running = this.running;
    if (running === null) return;
    this.running = null;
    const { connection, queues, workers, heartbeat, watchdog } = running;
    watchdog.stop();
    const plan = drainPlan(withinMs);
    // A connection that Redis leaves without an answer may fail a close before the times below are over: it has not ended then.
    const closed = Promise.all([heartbeat.stop(), ...workers.map((worker) => worker.close())]).catch(
      (error: unknown) => {
        this.logger.warn('a worker could not be closed in order', { err: error });
        return never;
      },
    );
    // Without Redis no job can end or be given back, and BullMQ would wait for it.
    const answer = Promise.race([closed, connection.ping().catch(() => never)]);
    if (!(await endsWithin(answer, plan.answerMs))) {
      this.logger.warn('Redis does not answer: jobs that still run are aborted, and will be found stalled');
      for (const worker of workers) worker.abortRuns();
      await endsWithin(Promise.allSettled(workers.map((worker) => worker.disconnect())), plan.disconnectMs);
    } else if (!(await endsWithin(closed, plan.finishMs))) {
      this.logger.log('some jobs still run: aborting them, to be run again by another worker');
      for (const worker of workers) worker.abortRuns();
      if (!(await endsWithin(closed, plan.giveBackMs))) {
        this.logger.error('jobs could not be given back in time; they will be found stalled');
        await endsWithin(Promise.allSettled(workers.map((worker) => worker.disconnect())), plan.disconnectMs);
      }
    }
    await endsWithin(Promise.allSettled(queues.map((queue) => queue.close())), plan.disconnectMs);
    connection.disconnect();
  }
}

const never = new Promise<never>(() => undefined);
