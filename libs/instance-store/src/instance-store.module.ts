import { Clock, Settings } from '@app/platform';
import { LockKeeper, MemoryLockKeeper, RedisConnections } from '@app/redis';
import { type Abstract, type FactoryProvider, Global, Module } from '@nestjs/common';
import { Deadlines } from './deadlines.port.js';
import { ChangeFeed } from './feed/change-feed.port.js';
import { FleetEvents } from './feed/fleet-events.port.js';
import { idleRulesOf } from './idle/idle-clock.js';
import { IdleTracker } from './idle/idle-tracker.port.js';
import type { InstanceStore } from './instance-store.js';
import { AuditLog } from './ledger/audit-log.port.js';
import { ListingDigests } from './listing/listing-digests.port.js';
import { MemoryChangeFeed } from './memory/memory-change-feed.js';
import { memoryStore } from './memory/memory-store.js';
import { InstanceRecords } from './record/instance-records.port.js';
import { RedisChangeFeed } from './redis/redis-change-feed.js';
import { redisStore } from './redis/redis-store.js';
import { SpendMeter } from './spend/spend-meter.port.js';
import { ReadMarks } from './view/fleet-view.js';
import { MemoryReadMarks, RedisReadMarks } from './view/read-marks.js';

/** Stands for the store whose ports are provided; not exported, so that everybody injects the ports that they use. */
const STORE = Symbol('InstanceStore');

function port<Port>(token: Abstract<Port>, of: (store: InstanceStore) => Port): FactoryProvider<Port> {
  return { provide: token, useFactory: of, inject: [STORE] };
}

/**
 * Provides the ports of the store and `ChangeFeed`: in Redis when one is configured, else in the memory of this process,
 * where `MemoryChangeFeed` takes the news of other features too. Nothing is followed here: see `ChangeFeedModule`.
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
      provide: STORE,
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
          ? memoryStore(clock, {
              feed,
              rules,
              confirmPatienceMs,
              ...(locks instanceof MemoryLockKeeper ? { locks } : {}),
            })
          : redisStore(connections.commands, clock, {
              keyPrefix: settings.REDIS_KEY_PREFIX,
              rules,
              confirmPatienceMs,
            });
      },
      inject: [RedisConnections, Settings, Clock, LockKeeper, MemoryChangeFeed],
    },
    port(InstanceRecords, ({ records }) => records),
    port(Deadlines, ({ deadlines }) => deadlines),
    port(IdleTracker, ({ idle }) => idle),
    port(ListingDigests, ({ digests }) => digests),
    port(AuditLog, ({ audit }) => audit),
    port(SpendMeter, ({ spend }) => spend),
    port(FleetEvents, ({ events }) => events),
    {
      provide: ReadMarks,
      useFactory: (
        connections: RedisConnections | null,
        settings: Settings,
        records: InstanceRecords,
        feed: ChangeFeed,
      ) =>
        connections === null
          ? new MemoryReadMarks(records, feed)
          : new RedisReadMarks(connections.commands, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, Settings, InstanceRecords, ChangeFeed],
    },
  ],
  exports: [
    AuditLog,
    ChangeFeed,
    Deadlines,
    FleetEvents,
    IdleTracker,
    InstanceRecords,
    ListingDigests,
    MemoryChangeFeed,
    ReadMarks,
    SpendMeter,
  ],
})
export class InstanceStoreModule {}
