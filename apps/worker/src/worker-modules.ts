import { AutoStopWorkerModule } from '@app/auto-stop';
import { InstanceStoreModule } from '@app/instance-store';
import { JobsModule, JobsWorkerModule } from '@app/jobs';
import { LifecycleWorkerModule } from '@app/lifecycle';
import { NovitaClientModule, NovitaKeyCheckModule } from '@app/novita-client';
import { SpendWorkerModule } from '@app/spend';
import { SyncWorkerModule } from '@app/sync';
import { FleetPictureModule } from './fleet-picture.module.js';
import type { WorkerModuleOptions } from './worker.module.js';

/** What runs the jobs outside of tests. */
export const WORKER_MODULES: WorkerModuleOptions['workers'] = [
  JobsModule,
  NovitaClientModule,
  NovitaKeyCheckModule,
  InstanceStoreModule,
  LifecycleWorkerModule,
  SyncWorkerModule,
  FleetPictureModule,
  AutoStopWorkerModule,
  SpendWorkerModule,
  JobsWorkerModule,
];
