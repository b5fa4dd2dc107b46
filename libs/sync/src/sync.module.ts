import { FleetFreshness, InstanceStoreModule, MemoryChangeFeed } from '@app/instance-store';
import { Clock } from '@app/platform';
import { MemoryLockKeeper, RedisConnections, RedisSettings } from '@app/redis';
import {
  FollowingSyncStatusView,
  MemorySyncStatusStore,
  RedisSyncStatusStore,
  SyncStatusStore,
  SyncStatusView,
} from '@app/sync-status';
import { Global, Module, type Provider } from '@nestjs/common';
import { NOVITA_SOURCE } from './model/sync-run.js';
import { MemoryRunNotes } from './notes/memory-run-notes.js';
import { RedisRunNotes } from './notes/redis-run-notes.js';
import { RunNotes } from './notes/run-notes.js';
import { OrphanCommands, StoredOrphanCommands } from './orphans/orphan-commands.js';
import { QueuedSyncRequests, RequestTurns, RunResults, SyncRequests } from './schedule/sync-requests.js';
import { HEALTH_PROVIDERS } from './status/sync-health.js';
import { SyncGauges, SyncMetrics } from './status/sync-metrics.js';

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
        ? new MemorySyncStatusStore(NOVITA_SOURCE, clock, { locks, feed })
        : new RedisSyncStatusStore(NOVITA_SOURCE, connections, clock, { keyPrefix: settings.REDIS_KEY_PREFIX }),
    inject: [RedisConnections, RedisSettings, Clock, MemoryLockKeeper, MemoryChangeFeed],
  },
  { provide: SyncStatusView, useClass: FollowingSyncStatusView },
  SyncMetrics,
  SyncGauges,
  ...HEALTH_PROVIDERS,
];

/** What runs leave beside their status. */
const NOTES: Provider = {
  provide: RunNotes,
  useFactory: (
    connections: RedisConnections | null,
    settings: RedisSettings,
    clock: Clock,
    locks: MemoryLockKeeper,
  ): RunNotes =>
    connections === null ? new MemoryRunNotes(clock, locks) : new RedisRunNotes(connections, settings.REDIS_KEY_PREFIX),
  inject: [RedisConnections, RedisSettings, Clock, MemoryLockKeeper],
};

/**
 * The status of the sync, requests to it, and orphans: what an API process needs. Runs no job. Needs the platform and
 * the jobs module, both global.
 */
@Module({
  imports: [InstanceStoreModule],
  providers: [
    ...STATUS_PROVIDERS,
    NOTES,
    RequestTurns,
    RunResults,
    { provide: SyncRequests, useClass: QueuedSyncRequests },
    { provide: OrphanCommands, useClass: StoredOrphanCommands },
  ],
  exports: [OrphanCommands, RunNotes, SyncMetrics, SyncRequests, SyncStatusStore, SyncStatusView],
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
