import { Clock, Settings } from '@app/platform';
import { LockKeeper, MemoryLockKeeper, RedisConnections } from '@app/redis';
import { Global, Module } from '@nestjs/common';
import { ChangeFeed } from './feed/change-feed.port.js';
import { idleRulesOf } from './idle/idle-clock.js';
import { InstanceStore } from './instance-store.port.js';
import { MemoryChangeFeed } from './memory/memory-change-feed.js';
import { MemoryInstanceStore } from './memory/memory-instance-store.js';
import { RedisChangeFeed } from './redis/redis-change-feed.js';
import { RedisInstanceStore } from './redis/redis-instance-store.js';
import { ReadMarks } from './view/fleet-view.js';
import { MemoryReadMarks, RedisReadMarks } from './view/read-marks.js';

/**
 * Provides `InstanceStore` and `ChangeFeed`: in Redis when one is configured, else in the memory of this process, where
 * `MemoryChangeFeed` takes the news of other features too. Nothing is followed here: see `ChangeFeedModule`.
 */
@Global()
@Module({
  providers: [
    { provide: MemoryChangeFeed, useFactory: (clock: Clock) => new MemoryChangeFeed(clock), inject: [Clock] },
    {
      provide: ChangeFeed,
      useFactory: (connections: RedisConnections | null, settings: Settings, inMemory: MemoryChangeFeed): ChangeFeed =>
        connections === null ? inMemory : new RedisChangeFeed(connections, { keyPrefix: settings.REDIS_KEY_PREFIX }),
      inject: [RedisConnections, Settings, MemoryChangeFeed],
    },
    {
      provide: InstanceStore,
      useFactory: (
        connections: RedisConnections | null,
        settings: Settings,
        clock: Clock,
        locks: LockKeeper,
        feed: MemoryChangeFeed,
      ): InstanceStore => {
        const rules = idleRulesOf(settings);
        const confirmPatienceMs = settings.CONFIRM_PATIENCE;
        return connections === null
          ? new MemoryInstanceStore(clock, {
              feed,
              rules,
              confirmPatienceMs,
              ...(locks instanceof MemoryLockKeeper ? { locks } : {}),
            })
          : new RedisInstanceStore(connections.commands, clock, {
              keyPrefix: settings.REDIS_KEY_PREFIX,
              rules,
              confirmPatienceMs,
            });
      },
      inject: [RedisConnections, Settings, Clock, LockKeeper, MemoryChangeFeed],
    },
    {
      provide: ReadMarks,
      useFactory: (connections: RedisConnections | null, settings: Settings, store: InstanceStore, feed: ChangeFeed) =>
        connections === null
          ? new MemoryReadMarks(store, feed)
          : new RedisReadMarks(connections.commands, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, Settings, InstanceStore, ChangeFeed],
    },
  ],
  exports: [ChangeFeed, InstanceStore, MemoryChangeFeed, ReadMarks],
})
export class InstanceStoreModule {}
