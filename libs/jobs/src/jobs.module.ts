import { Clock, MetricsRegistry } from '@app/platform';
import { RedisConnections, RedisSettings } from '@app/redis';
import { getQueueToken } from '@nestjs/bullmq';
import { type FactoryProvider, Global, Module, type OnModuleInit } from '@nestjs/common';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import type { Queue } from 'bullmq';
import { BullMqJobQueue } from './bullmq/bullmq-job-queue.js';
import { checkBullMqVersion, workersKey } from './bullmq/bullmq-layout.js';
import { BullMqBoardQueues, BullMqQueues } from './bullmq/bullmq-queues.js';
import { JobQuarantine } from './bullmq/job-quarantine.js';
import { RedisWorkerPresence } from './bullmq/worker-heartbeat.js';
import { QUEUE_SETTINGS } from './catalogue/catalogue.js';
import { QUEUE_NAMES, type QueueName } from './catalogue/job.js';
import { BoardQueues, JobQueue, ReconcileRequests, WorkerPresence } from './catalogue/job-queue.port.js';
import { InProcessJobQueue } from './in-process/in-process-job-queue.js';
import { Timers } from './in-process/in-process-schedules.js';
import { JobRunMetrics, registerQueueDepth, registerWorkerPresence } from './running/job-metrics.js';
import { JobSchedules, ScheduleList } from './schedules/job-schedules.js';

const runMetrics: FactoryProvider<JobRunMetrics> = {
  provide: JobRunMetrics,
  inject: [MetricsRegistry],
  useFactory: (registry: MetricsRegistry) => new JobRunMetrics(registry),
};

const inProcess: FactoryProvider<InProcessJobQueue> = {
  provide: InProcessJobQueue,
  inject: [SchedulerRegistry, JobRunMetrics, Clock],
  useFactory: (timers: SchedulerRegistry, metrics: JobRunMetrics, clock: Clock) =>
    new InProcessJobQueue(new Timers(timers), QUEUE_SETTINGS, metrics, clock),
};

const bullMqQueues: FactoryProvider<BullMqQueues | null> = {
  provide: BullMqQueues,
  inject: [RedisConnections, RedisSettings],
  useFactory: (connections: RedisConnections | null, settings: RedisSettings) =>
    connections === null ? null : new BullMqQueues(connections.commands, settings.REDIS_KEY_PREFIX),
};

/**
 * Under the tokens of @nestjs/bullmq, for `@InjectQueue` and what is built on it. Not by its `registerQueue`, which
 * opens a queue in any case: without Redis there is none, and the token resolves to null.
 */
const queueTokens = QUEUE_NAMES.map(
  (name: QueueName): FactoryProvider<Queue | null> => ({
    provide: getQueueToken(name),
    inject: [BullMqQueues],
    useFactory: (queues: BullMqQueues | null) => queues?.get(name) ?? null,
  }),
);

const jobQueue: FactoryProvider<JobQueue> = {
  provide: JobQueue,
  inject: [RedisConnections, BullMqQueues, InProcessJobQueue, Clock],
  useFactory: (
    connections: RedisConnections | null,
    queues: BullMqQueues | null,
    inProcessQueue: InProcessJobQueue,
    clock: Clock,
  ) =>
    connections === null || queues === null ? inProcessQueue : new BullMqJobQueue(queues, connections.commands, clock),
};

const workerPresence: FactoryProvider<WorkerPresence> = {
  provide: WorkerPresence,
  inject: [RedisConnections, InProcessJobQueue, RedisSettings],
  useFactory: (connections: RedisConnections | null, inProcessQueue: InProcessJobQueue, settings: RedisSettings) =>
    connections === null
      ? inProcessQueue
      : new RedisWorkerPresence(connections.commands, workersKey(settings.REDIS_KEY_PREFIX)),
};

const boardQueues: FactoryProvider<BoardQueues | null> = {
  provide: BoardQueues,
  inject: [BullMqQueues],
  useFactory: (queues: BullMqQueues | null) => (queues === null ? null : new BullMqBoardQueues(queues)),
};

/**
 * Hands out work and runs none. Imports @nestjs/schedule for the whole process: a second `forRoot` elsewhere would
 * make a second registry and start every `@Interval` twice.
 */
@Global()
@Module({
  imports: [ScheduleModule.forRoot()],
  providers: [
    ReconcileRequests,
    runMetrics,
    inProcess,
    bullMqQueues,
    ...queueTokens,
    jobQueue,
    ScheduleList,
    { provide: JobSchedules, useExisting: ScheduleList },
    workerPresence,
    boardQueues,
    JobQuarantine,
  ],
  exports: [
    JobQueue,
    ReconcileRequests,
    JobSchedules,
    ScheduleList,
    WorkerPresence,
    BoardQueues,
    InProcessJobQueue,
    JobRunMetrics,
    ...queueTokens,
  ],
})
export class JobsModule implements OnModuleInit {
  constructor(
    private readonly registry: MetricsRegistry,
    private readonly jobs: JobQueue,
    private readonly presence: WorkerPresence,
  ) {}

  onModuleInit(): void {
    checkBullMqVersion();
    registerQueueDepth(this.registry.fleet, this.jobs);
    registerWorkerPresence(this.registry.fleet, this.presence);
  }
}
