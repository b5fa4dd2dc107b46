import { Module } from '@nestjs/common';
import { SyncAfterDataLoss } from './sync-after-data-loss.js';
import { SyncEventsController } from './sync-events.controller.js';
import { SyncEventStreams } from './sync-events.js';
import { ManualSync, SyncInstancesController } from './sync-instances.controller.js';
import { SyncKubernetesController } from './sync-kubernetes.controller.js';
import { SyncSources } from './sync-sources.js';
import { SyncStatusController } from './sync-status.controller.js';

/** The sync with each source: its status, its stream, and runs by hand. */
@Module({
  controllers: [SyncInstancesController, SyncKubernetesController, SyncStatusController, SyncEventsController],
  providers: [ManualSync, SyncAfterDataLoss, SyncEventStreams, SyncSources],
  exports: [ManualSync, SyncSources],
})
export class SyncApiModule {}
