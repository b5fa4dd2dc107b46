import { MemoryChangeFeed } from '@app/instance-store';
import { Clock, Settings } from '@app/platform';
import { MemoryLockKeeper, RedisConnections } from '@app/redis';
import type { Provider } from '@nestjs/common';
import { FollowingSyncStatusView } from './following-sync-status-view.js';
import { InstanceCacheIndicator } from './health/instance-cache-indicator.js';
import { SyncIndicator } from './health/sync-indicator.js';
import { SyncLockIndicator } from './health/sync-lock-indicator.js';
import { MemorySyncStatusStore } from './memory/memory-sync-status-store.js';
import { RedisSyncStatusStore } from './redis/redis-sync-status-store.js';
import { SyncGauges } from './sync-gauges.js';
import { SyncMetrics } from './sync-metrics.js';
import { SyncStatusStore } from './sync-status-store.port.js';
import { SyncStatusView } from './sync-status-view.js';

/**
 * The shared status and whoever shows it: `SyncStatusStore`, `SyncStatusView` and `SyncMetrics`, with gauges and health
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
