import type { Clock, RedisConnections } from '@app/platform';
import { Logger } from '@nestjs/common';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { JobHandlers } from '../job-handlers.js';
import { JobWorkers } from '../job-workers.port.js';
import type { QueueSettings } from '../queue-settings.js';
import type { QueueName } from '../queues.js';
import { drainPlan } from '../running/drain-plan.js';
import { endsWithin } from '../running/ends-within.js';
import type { JobRunMetrics } from '../running/job-metrics.js';
import { queueOptions, workersKey } from './bullmq-options.js';
import { CoalescingQueue } from './coalescing-queue.js';
import { QueueWorker } from './queue-worker.js';
import { WorkerHeartbeat } from './worker-heartbeat.js';

export interface BullMqJobWorkersOptions {
  readonly keyPrefix: string;
  readonly settings: Readonly<Record<QueueName, QueueSettings>>;
}

interface Running {
  readonly connection: Redis;
  readonly queues: readonly Queue[];
  readonly workers: readonly QueueWorker[];
  readonly heartbeat: WorkerHeartbeat;
}

/** Runs jobs from Redis; waits for it as long as it is away. */
export class BullMqJobWorkers extends JobWorkers {
  private readonly logger = new Logger(BullMqJobWorkers.name);
  private handlers = new JobHandlers([]);
  private running: Running | null = null;

  constructor(
    private readonly connections: Pick<RedisConnections, 'dedicated' | 'mayReadInfo'>,
    private readonly options: BullMqJobWorkersOptions,
    private readonly metrics: JobRunMetrics,
    private readonly clock: Clock,
  ) {
    super();
  }

  /** Whether the connection by which the jobs are taken answers; true while none are taken. */
  get isWell(): boolean {
    return this.running?.heartbeat.isWell ?? true;
  }

  override attach(handlers: JobHandlers): void {
    this.handlers = handlers;
  }

  override async start(): Promise<void> {
    const { keyPrefix, settings } = this.options;
    const connection = this.connections.dedicated('job-workers');
    const skipVersionCheck = !this.connections.mayReadInfo;
    const queues = this.handlers.queues.map(
      (name) => new Queue(name, { ...queueOptions(connection, keyPrefix), skipVersionCheck }),
    );
    // The connection's owner logs its errors.
    for (const queue of queues) queue.on('error', () => undefined);
    const workers = this.handlers.queues.map((name, index) => {
      const queue = queues[index];
      if (queue === undefined) throw new Error(`queue ${name} was not opened`);
      return new QueueWorker(
        name,
        { redis: connection, keyPrefix, skipVersionCheck },
        {
          handlers: this.handlers,
          // On the waiting connection: a wish must not be lost because Redis is away when a run ends.
          coalescing: new CoalescingQueue(queue, connection, this.clock),
          settings: settings[name],
          metrics: this.metrics,
          clock: this.clock,
        },
      );
    });
    const heartbeat = new WorkerHeartbeat(connection, workersKey(keyPrefix), (error) =>
      this.logger.warn('heartbeat failed', { err: error }),
    );
    this.running = { connection, queues, workers, heartbeat };
    for (const worker of workers) worker.start();
    heartbeat.start();
  }

  override async drain(withinMs: number): Promise<void> {
    const running = this.running;
    if (running === null) return;
    this.running = null;
    const { connection, queues, workers, heartbeat } = running;
    const plan = drainPlan(withinMs);
    const closed = Promise.all([heartbeat.stop(), ...workers.map((worker) => worker.close())]);
    // Without Redis no job can end or be given back, and BullMQ would wait for it.
    const answer = Promise.race([closed, connection.ping().catch(() => never)]);
    if (!(await endsWithin(answer, plan.answerMs))) {
      this.logger.warn('Redis does not answer: jobs that still run are aborted, and will be found stalled');
      for (const worker of workers) worker.abortRuns();
      await endsWithin(Promise.all(workers.map((worker) => worker.disconnect())), plan.disconnectMs);
    } else if (!(await endsWithin(closed, plan.finishMs))) {
      this.logger.log('some jobs still run: aborting them, to be run again by another worker');
      for (const worker of workers) worker.abortRuns();
      if (!(await endsWithin(closed, plan.giveBackMs))) {
        this.logger.error('jobs could not be given back in time; they will be found stalled');
        await endsWithin(Promise.all(workers.map((worker) => worker.disconnect())), plan.disconnectMs);
      }
    }
    await endsWithin(Promise.all(queues.map((queue) => queue.close())), plan.disconnectMs);
    connection.disconnect();
  }
}

const never = new Promise<never>(() => undefined);
