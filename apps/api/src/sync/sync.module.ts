import { Module } from '@nestjs/common';
import { SyncAfterDataLoss } from './sync-after-data-loss.js';
import { SyncEventsController } from './sync-events.controller.js';
import { SyncEvents } from './sync-events.js';
import { ManualSync, SyncInstancesController } from './sync-instances.controller.js';
import { SyncStatusController } from './sync-status.controller.js';

/** The sync with Novita: its status, its stream, and runs by hand. */
@Module({
  controllers: [SyncInstancesController, SyncStatusController, SyncEventsController],
  providers: [ManualSync, SyncAfterDataLoss, SyncEvents],
  exports: [ManualSync],
})
export class SyncApiModule {}
