import { InstanceStoreModule } from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { NovitaClientModule } from '@app/novita-client';
import { MetricsRegistry } from '@app/platform';
import { Module } from '@nestjs/common';
import { LifecycleModule } from './lifecycle.module.js';
import { DecidedRecords } from './reconcile/decided-records.js';
import { LifetimeEnds } from './reconcile/lifetime-ends.js';
import { MigrationMetrics } from './reconcile/migration-metrics.js';
import { MigrationPlaces } from './reconcile/migration-places.js';
import { MigrationWrites } from './reconcile/migration-writes.js';
import { LifecycleOptions } from './reconcile/policy-source.js';
import { NetworkPortProber, PortProber, ProbeOptions } from './reconcile/port-prober.js';
import { ReconcileProcessor } from './reconcile/reconcile.processor.js';
import { LifecycleMetrics } from './reconcile/reconcile-metrics.js';
import { Reconciler } from './reconcile/reconciler.js';
import { StepRunner } from './reconcile/step-runner.js';
import { StartupLearner, StartupLearnerTimer } from './startup/startup-learner.js';
import { DeadlineSweeper, SweepOptions, SweepTimer } from './sweep/deadline-sweeper.js';
import { LostJobs } from './sweep/lost-jobs.js';

const PROBE_OPTIONS: ProbeOptions = { timeoutMs: 5_000 };

/**
 * Carries the desired states out: the processor of the reconcile jobs and the deadline sweep. For workers only. The jobs
 * module brings @nestjs/schedule for the whole process.
 */
@Module({
  imports: [LifecycleModule, InstanceStoreModule, NovitaClientModule],
  providers: [
    {
      provide: LifecycleMetrics,
      useFactory: (registry: MetricsRegistry, { policy }: LifecycleOptions) =>
        new LifecycleMetrics(registry, policy.startupTimeoutMs),
      inject: [MetricsRegistry, LifecycleOptions],
    },
    { provide: ProbeOptions, useValue: PROBE_OPTIONS },
    { provide: PortProber, useClass: NetworkPortProber },
    {
      provide: SweepOptions,
      useFactory: (schedule: ScheduleSettings): SweepOptions => ({ intervalMs: schedule.DEADLINE_SWEEP_INTERVAL }),
      inject: [ScheduleSettings],
    },
    {
      provide: MigrationMetrics,
      useFactory: (registry: MetricsRegistry) => new MigrationMetrics(registry),
      inject: [MetricsRegistry],
    },
    DeadlineSweeper,
    DecidedRecords,
    LifetimeEnds,
    LostJobs,
    MigrationPlaces,
    MigrationWrites,
    ReconcileProcessor,
    Reconciler,
    StartupLearner,
    StartupLearnerTimer,
    StepRunner,
    SweepTimer,
  ],
})
export class LifecycleWorkerModule {}
