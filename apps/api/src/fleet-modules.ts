import { AutoStopModule, FleetPicture } from '@app/auto-stop';
import { ChangeFeedModule, InstanceStoreModule, JournalModule } from '@app/instance-store';
import { JobsModule } from '@app/jobs';
import { LifecycleDegradedModule, LifecycleModule } from '@app/lifecycle';
import { NovitaClientModule, NovitaKeyCheckModule } from '@app/novita-client';
import { StandInFleetModule, SyncModule, SyncStatusView } from '@app/sync';
import { Global, Module } from '@nestjs/common';
import type { ApiModuleOptions } from './api.module.js';

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
];
