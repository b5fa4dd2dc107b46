import { AutoStopModule, FleetFreshness } from '@app/auto-stop';
import { ChangeFeedModule, InstanceStoreModule, JournalModule } from '@app/instance-store';
import { JobsModule } from '@app/jobs';
import { LifecycleDegradedModule, LifecycleModule } from '@app/lifecycle';
import { MigrationModule } from '@app/migration';
import { NovitaClientModule, NovitaKeyCheckModule } from '@app/novita-client';
import { FleetListing, SpendModule } from '@app/spend';
import { StandInFleetModule, SyncModule, SyncStatusView } from '@app/sync';
import { Global, Module } from '@nestjs/common';
import type { ApiModuleOptions } from './api.module.js';

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

/** What the API stands on outside of tests. */
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
  FleetAgeModule,
  AutoStopModule,
  MigrationModule,
  SpendModule,
];
