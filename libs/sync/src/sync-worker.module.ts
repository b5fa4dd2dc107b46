import { CatalogueMirrorModule } from '@app/catalogue-mirror';
import { InstanceStoreModule, RecordSettings } from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { NovitaClientModule } from '@app/novita-client';
import { FleetId } from '@app/redis';
import { Module } from '@nestjs/common';
import { CataloguePass } from './catalogue/catalogue-pass.js';
import { FleetInstancePass, InstancePass } from './instances/instance-pass.js';
import { FleetRecords } from './instances/pass-records.js';
import { InstancePolicy, instancePolicyOf, RunOptions, runOptionsOf } from './model/run-options.js';
import { SyncSettings } from './model/sync.settings.js';
import { RunRecorder } from './runner/run-record.js';
import { Cleanup, RunSteps } from './runner/run-steps.js';
import { SyncProcessor } from './runner/sync.processor.js';
import { SyncLock, SyncRunner } from './runner/sync-runner.js';
import { SyncBoot } from './schedule/sync-boot.js';
import { NextRunPlanner } from './schedule/sync-jobs.js';
import { SyncModule } from './sync.module.js';

/** Carries the sync out: its processor, its schedule and the request at the start. For workers only. */
@Module({
  imports: [SyncModule, InstanceStoreModule, CatalogueMirrorModule, NovitaClientModule],
  providers: [
    { provide: RunOptions, useFactory: runOptionsOf, inject: [SyncSettings, ScheduleSettings] },
    { provide: InstancePolicy, useFactory: instancePolicyOf, inject: [SyncSettings, RecordSettings, FleetId] },
    { provide: InstancePass, useClass: FleetInstancePass },
    CataloguePass,
    Cleanup,
    FleetRecords,
    NextRunPlanner,
    RunRecorder,
    RunSteps,
    SyncBoot,
    SyncLock,
    SyncProcessor,
    SyncRunner,
  ],
})
export class SyncWorkerModule {}
