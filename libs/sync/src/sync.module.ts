import { FleetFreshness, InstanceStoreModule, MemoryChangeFeed } from '@app/instance-store';
import { Clock } from '@app/platform';
import { MemoryLockKeeper, RedisConnections, RedisSettings } from '@app/redis';
import { Global, Module, type Provider } from '@nestjs/common';
import { OrphanCommands, StoredOrphanCommands } from './orphans/orphan-commands.js';
import { QueuedSyncRequests, RequestTurns, RunResults, SyncRequests } from './schedule/sync-requests.js';
import { MemorySyncStatusStore } from './status/memory-sync-status-store.js';
import { RedisSyncStatusStore } from './status/redis-sync-status-store.js';
import { InstanceCacheIndicator, SyncIndicator, SyncLockIndicator } from './status/sync-health.js';
import { SyncGauges, SyncMetrics } from './status/sync-metrics.js';
import { SyncStatusStore } from './status/sync-status-store.js';
import { FollowingSyncStatusView, SyncStatusView } from './status/sync-status-view.js';

/**
 * The shared status and its readers: `SyncStatusStore`, `SyncStatusView` and `SyncMetrics`, with gauges and health
 * indicators. To be provided once in a process. Needs the platform and the instance store, both global.
 */
export const STATUS_PROVIDERS: readonly Provider[] = [
  {
    provide: SyncStatusStore,
    useFactory: (
      connections: RedisConnections | null,
      settings: RedisSettings,
      clock: Clock,
      locks: MemoryLockKeeper,
      feed: MemoryChangeFeed,
    ): SyncStatusStore =>
      connections === null
        ? new MemorySyncStatusStore(clock, { locks, feed })
        : new RedisSyncStatusStore(connections, clock, { keyPrefix: settings.REDIS_KEY_PREFIX }),
    inject: [RedisConnections, RedisSettings, Clock, MemoryLockKeeper, MemoryChangeFeed],
  },
  { provide: SyncStatusView, useClass: FollowingSyncStatusView },
  SyncMetrics,
  SyncGauges,
  SyncIndicator,
  SyncLockIndicator,
  InstanceCacheIndicator,
];

/**
 * The status of the sync, requests to it, and orphans: what an API process needs. Runs no job. Needs the platform and
 * the jobs module, both global.
 */
@Module({
  imports: [InstanceStoreModule],
  providers: [
    ...STATUS_PROVIDERS,
    RequestTurns,
    RunResults,
    { provide: SyncRequests, useClass: QueuedSyncRequests },
    { provide: OrphanCommands, useClass: StoredOrphanCommands },
  ],
  exports: [OrphanCommands, SyncMetrics, SyncRequests, SyncStatusStore, SyncStatusView],
})
export class SyncModule {}

/** Says to the other features how old the records are: auto-stop suspends by it, and spend shows nothing before the first listing. */
@Global()
@Module({
  imports: [SyncModule],
  providers: [
    {
      provide: FleetFreshness,
      useFactory: (view: SyncStatusView): FleetFreshness => ({ instancesAsOf: () => view.current().run.instancesAsOf }),
      inject: [SyncStatusView],
    },
  ],
  exports: [FleetFreshness],
})
export class FleetFreshnessModule {}
