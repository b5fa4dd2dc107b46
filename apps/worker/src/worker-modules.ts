import { AutoStopWorkerModule, FleetPicture } from '@app/auto-stop';
import { InstanceStoreModule } from '@app/instance-store';
import { JobsModule, JobsWorkerModule } from '@app/jobs';
import { LifecycleWorkerModule } from '@app/lifecycle';
import { NovitaClientModule, NovitaKeyCheckModule } from '@app/novita-client';
import { SyncModule, SyncStatusView, SyncWorkerModule } from '@app/sync';
import { Global, Module } from '@nestjs/common';
import type { WorkerModuleOptions } from './create-worker.js';

/** Says to auto-stop as of when the fleet is known. Auto-stop and the sync do not know each other. */
@Global()
@Module({
  imports: [SyncModule],
  providers: [
    {
      provide: FleetPicture,
      useFactory: (view: SyncStatusView): FleetPicture => ({ instancesAsOf: () => view.current().run.instancesAsOf }),
      inject: [SyncStatusView],
    },
  ],
  exports: [FleetPicture],
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
  JobsWorkerModule,
];
