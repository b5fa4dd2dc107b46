import { InstanceStoreModule } from '@app/instance-store';
import { Module } from '@nestjs/common';
import { OrphanCommands, StoredOrphanCommands } from './orphans/orphan-commands.js';
import { QueuedSyncRequests, SyncRequests } from './schedule/sync-requests.js';
import { STATUS_PROVIDERS } from './status/status.providers.js';
import { SyncMetrics } from './status/sync-metrics.js';
import { SyncStatusStore } from './status/sync-status-store.js';
import { SyncStatusView } from './status/sync-status-view.js';

/**
 * The status of the sync, requests to it, and orphans: what an API process needs. Runs no job. Needs the platform and
 * the jobs module, both global.
 */
@Module({
  imports: [InstanceStoreModule],
  providers: [
    ...STATUS_PROVIDERS,
    { provide: SyncRequests, useClass: QueuedSyncRequests },
    { provide: OrphanCommands, useClass: StoredOrphanCommands },
  ],
  exports: [OrphanCommands, SyncMetrics, SyncRequests, SyncStatusStore, SyncStatusView],
})
export class SyncModule {}
