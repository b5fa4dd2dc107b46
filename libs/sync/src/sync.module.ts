import { InstanceStoreModule } from '@app/instance-store';
import { FleetId } from '@app/redis';
import { Module } from '@nestjs/common';
import { OrphanCommands } from './orphans/orphan-commands.port.js';
import { OrphanOptions } from './orphans/orphan-options.js';
import { StoredOrphanCommands } from './orphans/stored-orphan-commands.js';
import { QueuedSyncRequests } from './requests/queued-sync-requests.js';
import { SyncRequests } from './requests/sync-requests.port.js';
import { STATUS_PROVIDERS } from './status/status.providers.js';
import { SyncMetrics } from './status/sync-metrics.js';
import { SyncStatusStore } from './status/sync-status-store.port.js';
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
    {
      provide: OrphanOptions,
      // Asked for when it is needed: it may be settled later than this is made.
      useFactory: (fleet: FleetId): OrphanOptions => ({
        get fleetId() {
          return fleet.value;
        },
      }),
      inject: [FleetId],
    },
    { provide: OrphanCommands, useClass: StoredOrphanCommands },
  ],
  exports: [OrphanCommands, SyncMetrics, SyncRequests, SyncStatusStore, SyncStatusView],
})
export class SyncModule {}
