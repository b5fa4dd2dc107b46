import { InstanceStoreModule } from '@app/instance-store';
import { NovitaClientModule } from '@app/novita-client';
import { Settings } from '@app/platform';
import { FleetId } from '@app/redis';
import { Module } from '@nestjs/common';
import { FleetInstancePass } from './instances/fleet-instance-pass.js';
import { InstancePass } from './instances/instance-pass.js';
import { InstancePassOptions, instancePassOptionsOf } from './instances/pass-options.js';
import { CataloguePass } from './run/catalogue-pass.js';
import { Cleanup } from './run/cleanup.js';
import { FollowUp } from './run/follow-up.js';
import { RunOptions } from './run/run-options.js';
import { RunSteps } from './run/run-steps.js';
import { SyncProcessor } from './run/sync.processor.js';
import { SyncBoot } from './run/sync-boot.js';
import { SyncRunner } from './run/sync-runner.js';
import { SyncModule } from './sync.module.js';

/** What carries the sync out: its processor, its schedule and the request at the start. For workers only. */
@Module({
  imports: [SyncModule, InstanceStoreModule, NovitaClientModule],
  providers: [
    {
      provide: RunOptions,
      useFactory: (settings: Settings): RunOptions => ({
        lockTtlMs: settings.SYNC_LOCK_TTL,
        intervalMs: settings.SYNC_INTERVAL_MINUTES,
        automatic: settings.SYNC_ENABLE_AUTOMATIC_SYNC,
      }),
      inject: [Settings],
    },
    { provide: InstancePassOptions, useFactory: instancePassOptionsOf, inject: [Settings, FleetId] },
    { provide: InstancePass, useClass: FleetInstancePass },
    CataloguePass,
    Cleanup,
    FollowUp,
    RunSteps,
    SyncBoot,
    SyncProcessor,
    SyncRunner,
  ],
})
export class SyncWorkerModule {}
