import {
  Clock,
  type HealthDetails,
  HealthIndicatorRegistry,
  MetricsRegistry,
  NotWellError,
  ProcessEnd,
  ShutdownSettings,
} from '@app/platform';
import { QuarantineReporter, RedisConnections, RedisReadiness, RedisSettings } from '@app/redis';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { BullMqJobWorkers } from './bullmq/bullmq-job-workers.js';
import { RECOVERY_STEPS } from './bullmq/fetch-watch.js';
import { QUEUE_SETTINGS } from './catalogue/catalogue.js';
import { InProcessJobQueue } from './in-process/in-process-job-queue.js';
import { bindHandlers, type JobHandlerClasses } from './running/job-handlers.js';
import { FetchMetrics, JobRunMetrics } from './running/job-metrics.js';
import { JobWorkers } from './running/job-workers.port.js';
import { ScheduleKeeper } from './schedules/schedule-keeper.js';

/** Of the time for shutting down, what the jobs may take; the rest is for requests and connections. */
const DRAIN_SHARE = 0.7;

const jobWorkers: FactoryProvider<JobWorkers> = {
  provide: JobWorkers,
  inject: [
    RedisConnections,
    InProcessJobQueue,
    RedisSettings,
    JobRunMetrics,
    Clock,
    HealthIndicatorRegistry,
    MetricsRegistry,
    ProcessEnd,
    QuarantineReporter,
  ],
  useFactory: (
    connections: RedisConnections | null,
    inProcess: InProcessJobQueue,
    { REDIS_KEY_PREFIX: keyPrefix }: RedisSettings,
    runs: JobRunMetrics,
    clock: Clock,
    health: HealthIndicatorRegistry,
    registry: MetricsRegistry,
    processEnd: ProcessEnd,
    quarantine: QuarantineReporter,
  ) => {
    const fetches = new FetchMetrics(registry, RECOVERY_STEPS);
    if (connections === null) return inProcess;
    const observers = {
      runs,
      fetches,
      end: (reason: string) => processEnd.request(reason),
      unreadable: quarantine.report.bind(quarantine),
    };
    const workers = new BullMqJobWorkers(connections, { keyPrefix, settings: QUEUE_SETTINGS }, observers, clock);
    health.register({ name: 'jobs', needed: true, check: async () => jobsHealth(workers) });
    return workers;
  },
};

/** @throws NotWellError */
function jobsHealth(workers: BullMqJobWorkers): HealthDetails {
  if (!workers.isWell) throw new NotWellError('away', 'Redis does not answer on the connection that takes jobs');
  const fetches = [...workers.fetches()];
  const idle = fetches.filter(([, { consuming }]) => !consuming).map(([queue]) => queue);
  return {
    queues: Object.fromEntries(fetches),
    ...(idle.length === 0 ? {} : { degraded: `no jobs are taken of ${idle.join(', ')} at present` }),
  };
}

const HANDLER_CLASSES = Symbol('JobHandlerClasses');

/**
 * Runs jobs in the process that imports it, and keeps the schedules. It drains before anything that the jobs use is closed,
 * which Nest does in `onApplicationShutdown`.
 */
@Module({})
export class JobsWorkerModule implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  /** @param handlers the class that runs each job; modules of the process provide them */
  static forRoot(handlers: JobHandlerClasses): DynamicModule {
    return {
      module: JobsWorkerModule,
      providers: [{ provide: HANDLER_CLASSES, useValue: handlers }, jobWorkers, ScheduleKeeper],
    };
  }

  constructor(
    @Inject(HANDLER_CLASSES) private readonly handlers: JobHandlerClasses,
    private readonly modules: ModuleRef,
    private readonly workers: JobWorkers,
    private readonly settings: ShutdownSettings,
    private readonly redis: RedisReadiness,
  ) {}

  /** @throws JobHandlersError so that a process with a job that nobody runs does not start */
  onModuleInit(): void {
    this.workers.attach(bindHandlers(this.handlers, (type) => this.modules.get(type, { strict: false })));
  }

  /** While Redis has never been there, no job is taken: it may belong to another fleet. */
  async onApplicationBootstrap(): Promise<void> {
    await this.redis.onReady(() => this.workers.start());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.workers.drain(this.settings.SHUTDOWN_TIMEOUT * DRAIN_SHARE);
  }
}
