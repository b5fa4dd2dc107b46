import { Clock } from '@app/platform';
import { LockKeeper, MemoryLockKeeper, QuarantineReporter, RedisConnections, RedisSettings } from '@app/redis';
import { type Abstract, type FactoryProvider, Global, Module } from '@nestjs/common';
import { CommandJournal } from './journal/command-journal.js';
import { DegradedMode } from './journal/degraded-mode.js';
import { JournalReport } from './journal/journal-report.js';
import { MemoryChangeFeed } from './memory/memory-change-feed.js';
import { MemoryReadMarks } from './memory/memory-read-marks.js';
import { memoryStore } from './memory/memory-store.js';
import { IdleSettings } from './plan/idle.settings.js';
import { idleRulesOf } from './plan/idle-clock.js';
import { AuditLog } from './ports/audit-log.port.js';
import { ChangeFeed, FleetEvents } from './ports/change-feed.port.js';
import { Deadlines } from './ports/deadlines.port.js';
import { IdleTracker } from './ports/idle-tracker.port.js';
import { InstanceRecords } from './ports/instance-records.port.js';
import type { InstanceStore } from './ports/instance-store.js';
import { ListingDigests } from './ports/listing-digests.port.js';
import { ReadMarks } from './ports/read-marks.port.js';
import { SpendMeter } from './ports/spend-meter.port.js';
import { RecordSettings } from './record/record.settings.js';
import { RedisChangeFeed } from './redis/redis-change-feed.js';
import { RedisReadMarks } from './redis/redis-read-marks.js';
import { redisStore } from './redis/redis-store.js';
import { JournalQuarantine, RecordQuarantine } from './store-quarantine.js';
import { ChangeFeedView, FollowingChangeFeed } from './view/change-feed-view.js';
import { CopyUpdates } from './view/copy-updates.js';
import { DataLossRepair } from './view/data-loss.js';
import { FleetAudit } from './view/fleet-audit.js';
import { FleetCopy } from './view/fleet-copy.js';
import { FleetFollower } from './view/fleet-follower.js';
import { FleetLoader } from './view/fleet-loader.js';
import { FleetView } from './view/fleet-view.js';
import { IdleOrder } from './view/idle-order.js';
import { LoadState } from './view/load-state.js';
import { MarkReader } from './view/mark-reader.js';
import { StoreAvailability } from './view/store-availability.js';
import { FleetCopyReport, StoreStateReport } from './view/store-health.js';
import { StoredFleet } from './view/stored-fleet.js';
import { WatchCache } from './view/watch-cache.js';
import { WatchCacheGauges } from './view/watch-cache-gauges.js';

/** The token of the store whose ports are provided; not exported, so that everybody injects the ports that they use. */
const STORE = Symbol('InstanceStore');

function port<Port>(token: Abstract<Port>, of: (store: InstanceStore) => Port): FactoryProvider<Port> {
  return { provide: token, useFactory: of, inject: [STORE] };
}

/**
 * Provides the ports of the store and `ChangeFeed`: in Redis when one is configured, else in the memory of this
 * process, where `MemoryChangeFeed` takes the events of other features too. It follows nothing: see `ChangeFeedModule`.
 */
@Global()
@Module({
  providers: [
    { provide: MemoryChangeFeed, useFactory: (clock: Clock) => new MemoryChangeFeed(clock), inject: [Clock] },
    {
      provide: ChangeFeed,
      useFactory: (
        connections: RedisConnections | null,
        settings: RedisSettings,
        inMemory: MemoryChangeFeed,
        unreadable: QuarantineReporter,
      ): ChangeFeed =>
        connections === null
          ? inMemory
          : new RedisChangeFeed(connections, {
              keyPrefix: settings.REDIS_KEY_PREFIX,
              onUnreadable: (sighting) => unreadable.report(sighting),
            }),
      inject: [RedisConnections, RedisSettings, MemoryChangeFeed, QuarantineReporter],
    },
    {
      provide: STORE,
      useFactory: (
        connections: RedisConnections | null,
        { REDIS_KEY_PREFIX: keyPrefix }: RedisSettings,
        idle: IdleSettings,
        { CONFIRM_PATIENCE: confirmPatienceMs }: RecordSettings,
        clock: Clock,
        locks: LockKeeper,
        feed: MemoryChangeFeed,
        unreadable: QuarantineReporter,
      ): InstanceStore => {
        const rules = idleRulesOf(idle);
        return connections === null
          ? memoryStore(clock, {
              feed,
              rules,
              confirmPatienceMs,
              ...(locks instanceof MemoryLockKeeper ? { locks } : {}),
            })
          : redisStore(connections.commands, clock, {
              keyPrefix,
              rules,
              confirmPatienceMs,
              onUnreadable: (sighting) => unreadable.report(sighting),
            });
      },
      inject: [
        RedisConnections,
        RedisSettings,
        IdleSettings,
        RecordSettings,
        Clock,
        LockKeeper,
        MemoryChangeFeed,
        QuarantineReporter,
      ],
    },
    RecordQuarantine,
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
        settings: RedisSettings,
        records: InstanceRecords,
        feed: MemoryChangeFeed,
      ) =>
        connections === null
          ? new MemoryReadMarks(records, feed)
          : new RedisReadMarks(connections.commands, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings, InstanceRecords, MemoryChangeFeed],
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

/**
 * Follows the change feed, and keeps the fleet in memory by it. Only a process in which something reads the fleet or
 * listens to the feed needs it.
 */
@Global()
@Module({
  imports: [InstanceStoreModule],
  providers: [
    { provide: ChangeFeedView, useClass: FollowingChangeFeed },
    StoreAvailability,
    StoreStateReport,
    { provide: FleetView, useClass: WatchCache },
    FleetFollower,
    CopyUpdates,
    DataLossRepair,
    FleetAudit,
    {
      provide: FleetCopy,
      useFactory: (clock: Clock, idle: IdleSettings, { CONFIRM_PATIENCE: confirmPatienceMs }: RecordSettings) =>
        new FleetCopy(clock, { rules: idleRulesOf(idle), confirmPatienceMs }),
      inject: [Clock, IdleSettings, RecordSettings],
    },
    FleetCopyReport,
    FleetLoader,
    IdleOrder,
    LoadState,
    MarkReader,
    StoredFleet,
    WatchCacheGauges,
  ],
  exports: [ChangeFeedView, FleetView, StoreAvailability],
})
export class ChangeFeedModule {}

/** Takes commands while the store is away. For processes that take commands and keep the fleet in memory. */
@Global()
@Module({
  imports: [ChangeFeedModule],
  providers: [CommandJournal, DegradedMode, JournalQuarantine, JournalReport],
  exports: [CommandJournal, DegradedMode],
})
export class JournalModule {}
