import { MemoryChangeFeed } from '@app/instance-store';
import { Clock, Settings } from '@app/platform';
import { MemoryLockKeeper, RedisConnections } from '@app/redis';
import type { Provider } from '@nestjs/common';
import { MemorySyncStatusStore } from './memory-sync-status-store.js';
import { RedisSyncStatusStore } from './redis-sync-status-store.js';
import { InstanceCacheIndicator, SyncIndicator, SyncLockIndicator } from './sync-health.js';
import { SyncGauges, SyncMetrics } from './sync-metrics.js';
import { SyncStatusStore } from './sync-status-store.js';
import { FollowingSyncStatusView, SyncStatusView } from './sync-status-view.js';

/**
 * The shared status and its readers: `SyncStatusStore`, `SyncStatusView` and `SyncMetrics`, with gauges and health
 * indicators. To be provided once in a process. Needs the platform and the instance store, both global.
 */
export const STATUS_PROVIDERS: readonly Provider[] = [
  {
    provide: SyncStatusStore,
    useFactory: (
      connections: RedisConnections | null,
      settings: Settings,
      clock: Clock,
      locks: MemoryLockKeeper,
      feed: MemoryChangeFeed,
    ): SyncStatusStore =>
      connections === null
        ? new MemorySyncStatusStore(clock, { locks, feed })
        : new RedisSyncStatusStore(connections, clock, { keyPrefix: settings.REDIS_KEY_PREFIX }),
    inject: [RedisConnections, Settings, Clock, MemoryLockKeeper, MemoryChangeFeed],
  },
  { provide: SyncStatusView, useClass: FollowingSyncStatusView },
  SyncMetrics,
  SyncGauges,
  SyncIndicator,
  SyncLockIndicator,
  InstanceCacheIndicator,
];
