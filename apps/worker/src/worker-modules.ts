import { AutoStopCheckProcessor, AutoStopWorkerModule, FleetFreshness } from '@app/auto-stop';
import { InstanceStoreModule } from '@app/instance-store';
import { type JobHandlerClasses, JobsModule, JobsWorkerModule } from '@app/jobs';
import { LifecycleWorkerModule, ReconcileProcessor } from '@app/lifecycle';
import { MigrationCheckProcessor, MigrationWorkerModule } from '@app/migration';
import { NovitaClientModule, NovitaKeyCheckModule } from '@app/novita-client';
import { FleetListing, SpendAccrual, SpendWorkerModule } from '@app/spend';
import { SyncModule, SyncProcessor, SyncStatusView, SyncWorkerModule } from '@app/sync';
import { Global, Module } from '@nestjs/common';
import type { WorkerModuleOptions } from './create-worker.js';

/**
 * Connects what the sync knows with auto-stop, which needs its age, and with spend, which needs to know whether there is
 * any. The features do not know each other.
 */
@Global()
@Module({
  imports: [SyncModule],
  providers: [
    {
      provide: FleetFreshness,
      useFactory: (view: SyncStatusView): FleetFreshness => ({ instancesAsOf: () => view.current().run.instancesAsOf }),
      inject: [SyncStatusView],
    },
    {
      provide: FleetListing,
      useFactory: (view: SyncStatusView): FleetListing => ({
        hasCompleted: () => view.current().run.instancesAsOf !== null,
      }),
      inject: [SyncStatusView],
    },
  ],
  exports: [FleetListing, FleetFreshness],
})
class FleetAgeModule {}

/** The class that runs each job. */
export const JOB_HANDLERS: JobHandlerClasses = {
  RECONCILE_INSTANCE: ReconcileProcessor,
  STARTUP_MONITOR: ReconcileProcessor,
  SYNC_FLEET: SyncProcessor,
  AUTO_STOP_CHECK: AutoStopCheckProcessor,
  MIGRATION_CHECK: MigrationCheckProcessor,
  SPEND_ACCRUAL: SpendAccrual,
};

/** What runs the jobs outside of tests. */
export const WORKER_MODULES: WorkerModuleOptions['workers'] = [
  JobsModule,
  NovitaClientModule,
  NovitaKeyCheckModule,
  InstanceStoreModule,
  LifecycleWorkerModule,
  SyncWorkerModule,
  FleetAgeModule,
  AutoStopWorkerModule,
  MigrationWorkerModule,
  SpendWorkerModule,
  JobsWorkerModule.forRoot(JOB_HANDLERS),
];
