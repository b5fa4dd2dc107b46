import { AutoStopWorkerModule, FleetFreshness } from '@app/auto-stop';
import { InstanceStoreModule } from '@app/instance-store';
import { JobsModule, JobsWorkerModule } from '@app/jobs';
import { LifecycleWorkerModule } from '@app/lifecycle';
import { NovitaClientModule, NovitaKeyCheckModule } from '@app/novita-client';
import { FleetListing, SpendWorkerModule } from '@app/spend';
import { SyncModule, SyncStatusView, SyncWorkerModule } from '@app/sync';
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
  SpendWorkerModule,
  JobsWorkerModule,
];
