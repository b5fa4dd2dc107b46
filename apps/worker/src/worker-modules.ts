import { AutoStopCheckProcessor, AutoStopWorkerModule } from '@app/auto-stop';
import { InstanceStoreModule } from '@app/instance-store';
import { type JobHandlerClasses, JobsModule, JobsWorkerModule } from '@app/jobs';
import { KubernetesSourceWorkerModule } from '@app/kubernetes-source';
import { LifecycleWorkerModule, ReconcileProcessor } from '@app/lifecycle';
import { MigrationCheckProcessor, MigrationWorkerModule } from '@app/migration';
import { NovitaClientModule, NovitaKeyCheckModule } from '@app/novita-client';
import { BillCheckProcessor, SpendAccrual, SpendWorkerModule } from '@app/spend';
import { FleetFreshnessModule, SyncProcessor, SyncWorkerModule } from '@app/sync';
import { DeliverWebhooksProcessor, WebhooksWorkerModule } from '@app/webhooks';
import type { WorkerModuleOptions } from './create-worker.js';

/** The class that runs each job. */
export const JOB_HANDLERS: JobHandlerClasses = {
  RECONCILE_INSTANCE: ReconcileProcessor,
  STARTUP_MONITOR: ReconcileProcessor,
  SYNC_FLEET: SyncProcessor,
  AUTO_STOP_CHECK: AutoStopCheckProcessor,
  MIGRATION_CHECK: MigrationCheckProcessor,
  SPEND_ACCRUAL: SpendAccrual,
  BILL_CHECK: BillCheckProcessor,
  DELIVER_WEBHOOKS: DeliverWebhooksProcessor,
};

/** The modules that run the jobs outside of tests. */
export const WORKER_MODULES: WorkerModuleOptions['workers'] = [
  JobsModule,
  NovitaClientModule,
  NovitaKeyCheckModule,
  InstanceStoreModule,
  LifecycleWorkerModule,
  SyncWorkerModule,
  FleetFreshnessModule,
  AutoStopWorkerModule,
  MigrationWorkerModule,
  SpendWorkerModule,
  WebhooksWorkerModule,
  KubernetesSourceWorkerModule,
  JobsWorkerModule.forRoot(JOB_HANDLERS),
];
