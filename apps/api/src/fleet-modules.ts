import { AutoStopModule } from '@app/auto-stop';
import { ChangeFeedModule, InstanceStoreModule, JournalModule } from '@app/instance-store';
import { JobsModule } from '@app/jobs';
import { KubernetesSourceModule } from '@app/kubernetes-source';
import { LifecycleDegradedModule, LifecycleModule, ReplacementPreviewsModule } from '@app/lifecycle';
import { MigrationModule } from '@app/migration';
import { NovitaClientModule, NovitaKeyCheckModule } from '@app/novita-client';
import { SpendModule } from '@app/spend';
import { FleetFreshnessModule, StandInFleetModule, SyncModule } from '@app/sync';
import { UtilisationModule } from '@app/utilisation';
import { WatchdogModule } from '@app/watchdog';
import { WebhooksModule } from '@app/webhooks';
import type { ApiModuleOptions } from './api.module.js';

/** The modules that the API stands on outside of tests. */
export const FLEET_MODULES: ApiModuleOptions['fleet'] = [
  JobsModule,
  NovitaClientModule,
  NovitaKeyCheckModule,
  InstanceStoreModule,
  ChangeFeedModule,
  JournalModule,
  LifecycleModule,
  LifecycleDegradedModule,
  SyncModule,
  StandInFleetModule,
  FleetFreshnessModule,
  UtilisationModule,
  AutoStopModule,
  MigrationModule,
  ReplacementPreviewsModule,
  SpendModule,
  WebhooksModule,
  KubernetesSourceModule,
  WatchdogModule,
];
