import { AutoStopModule } from '@app/auto-stop';
import { ChangeFeedModule, InstanceStoreModule, JournalModule } from '@app/instance-store';
import { JobsModule } from '@app/jobs';
import { KubernetesView } from '@app/kubernetes-source';
import { LifecycleDegradedModule, LifecycleModule, ReplacementPreviewsModule } from '@app/lifecycle';
import { MigrationModule } from '@app/migration';
import { NovitaClientModule, NovitaKeyCheckModule } from '@app/novita-client';
import { SpendModule } from '@app/spend';
import { FleetFreshnessModule, StandInFleetModule, SyncModule } from '@app/sync';
import { UtilisationModule } from '@app/utilisation';
import { WatchdogModule } from '@app/watchdog';
import { WebhooksModule } from '@app/webhooks';
import { Module } from '@nestjs/common';
import type { ApiModuleOptions } from './api.module.js';

/** No cluster is mirrored. */
@Module({ providers: [{ provide: KubernetesView, useValue: null }], exports: [KubernetesView] })
class NoKubernetesModule {}

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
  WatchdogModule,
  NoKubernetesModule,
];
