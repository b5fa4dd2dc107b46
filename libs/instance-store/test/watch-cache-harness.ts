import {
  type ChangeFeed,
  FollowingChangeFeed,
  type InstanceStore,
  MemoryChangeFeed,
  MemoryReadMarks,
  memoryStore,
  type ReadMarks,
  RedisChangeFeed,
  RedisReadMarks,
  redisStore,
  StoreAvailability,
  WatchCache,
} from '@app/instance-store';
import { HealthIndicatorRegistry, loadSection, MetricsRegistry } from '@app/platform';
import { IoRedisConnections, type LockKeeper, MemoryLockKeeper, RedisLockKeeper, RedisSettings } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { CopyUpdates } from '../src/view/copy-updates.js';
import { DataLossRepair } from '../src/view/data-loss.js';
import { FleetAudit } from '../src/view/fleet-audit.js';
import { FleetCopy } from '../src/view/fleet-copy.js';
import { FleetFollower } from '../src/view/fleet-follower.js';
import { FleetLoader } from '../src/view/fleet-loader.js';
import { IdleOrder } from '../src/view/idle-order.js';
import { LoadState } from '../src/view/load-state.js';
import { MarkReader } from '../src/view/mark-reader.js';
import { FleetCopyReport } from '../src/view/store-health.js';
import { StoredFleet } from '../src/view/stored-fleet.js';
import { WatchCacheGauges } from '../src/view/watch-cache-gauges.js';
import { modelRules, PATIENCE_MS } from './fleet-model.js';

/** A store, with what a watch cache over it needs. */
export interface Ground {
  readonly store: InstanceStore;
  readonly feed: ChangeFeed;
  readonly marks: ReadMarks;
  readonly clock: FakeClock;
  readonly locks: LockKeeper;
}

interface GroundOptions {
  readonly feedLimit?: number;
}

interface Parts {
  readonly health?: HealthIndicatorRegistry;
  readonly metrics?: MetricsRegistry;
}

/** A watch cache, wired as the module of the store does it. */
export interface WatchedFleet {
  readonly cache: WatchCache;
  readonly updates: CopyUpdates;
  readonly audit: FleetAudit;
  readonly copy: FleetCopy;
  /** Begins to follow the feed, which has to be started afterwards. */
  start(): void;
  stop(): Promise<void>;
}

/** @param view how the process follows the feed */
export function watchedFleet(
  { store, marks: readMarks, clock }: Pick<Ground, 'store' | 'marks' | 'clock'>,
  view: FollowingChangeFeed,
  contact: StoreAvailability,
  mayFallBack = true,
  { health = new HealthIndicatorRegistry(), metrics = new MetricsRegistry(null) }: Parts = {},
): WatchedFleet {
  const settings = loadSection(RedisSettings, { REDIS_ENABLE_FALLBACK: String(mayFallBack) });
  const { records, idle } = store;
  const copy = new FleetCopy(clock);
  const state = new LoadState(clock);
  const marks = new MarkReader(readMarks, contact, settings);
  const stored = new StoredFleet(records, readMarks, copy);
  const repair = new DataLossRepair(records, idle, readMarks, copy);
  const loader = new FleetLoader(stored, copy, state, repair, marks, contact);
  const updates = new CopyUpdates(records, copy, marks, loader, state);
  const audit = new FleetAudit(stored, copy, updates, loader);
  const follower = new FleetFollower(view, updates, loader, marks, audit, contact);
  const cache = new WatchCache(copy, state, marks, records, new IdleOrder(stored, copy, clock), contact);
  const report = new FleetCopyReport(copy, state, health);
  const gauges = new WatchCacheGauges(copy, state, marks, contact, clock, metrics);
  return {
    cache,
    updates,
    audit,
    copy,
    start: () => {
      for (const part of [cache, follower, report, gauges]) part.onModuleInit();
    },
    stop: async () => {
      cache.onApplicationShutdown();
      await follower.onApplicationShutdown();
    },
  };
}

/** Stores in memory and in a Redis of this file, and watch caches over them, which end with each test. */
export class WatchWorld {
  private server: RedisFixture | null = null;
  private connected: IoRedisConnections | null = null;
  private prefixes = 0;
  private readonly running: { stop: () => Promise<void> }[] = [];
  /** Of the store that `inRedis` made last. */
  keyPrefix = '';

  constructor() {
    beforeAll(async () => {
      Logger.overrideLogger(false);
      this.server = await startRedis();
      this.connected = new IoRedisConnections({ url: this.server.url, processName: 'test' });
    });
    afterEach(async () => {
      await this.stopAll();
      vi.restoreAllMocks();
    });
    afterAll(async () => {
      await this.connected?.close();
      await this.server?.stop();
    });
  }

  /** Ends the caches that were started so far. */
  async stopAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map(({ stop }) => stop()));
  }

  get connections(): IoRedisConnections {
    if (this.connected === null) throw new Error('Redis was not started');
    return this.connected;
  }

  readonly inMemory = ({ feedLimit }: GroundOptions = {}): Ground => {
    const clock = new FakeClock();
    const locks = new MemoryLockKeeper(clock);
    const feed = new MemoryChangeFeed(clock, feedLimit);
    const store = memoryStore(clock, { locks, feed, rules: modelRules(), confirmPatienceMs: PATIENCE_MS });
    return { store, feed, marks: new MemoryReadMarks(store.records, feed), clock, locks };
  };

  readonly inRedis = ({ feedLimit }: GroundOptions = {}): Ground => {
    const clock = new FakeClock();
    const { connections } = this;
    const keyPrefix = `watched-${++this.prefixes}`;
    this.keyPrefix = keyPrefix;
    const limit = feedLimit === undefined ? {} : { feedLimit };
    const rules = { rules: modelRules(), confirmPatienceMs: PATIENCE_MS };
    return {
      clock,
      store: redisStore(connections.commands, clock, { keyPrefix, ...rules, ...limit }),
      feed: new RedisChangeFeed(connections, { keyPrefix, blockMs: 200, ...limit }),
      marks: new RedisReadMarks(connections.commands, keyPrefix),
      locks: new RedisLockKeeper(connections, keyPrefix),
    };
  };

  /** A cache as a process has it that starts now. */
  readonly start = async (ground: Ground, mayFallBack = true): Promise<WatchCache> =>
    (await this.startWhole(ground, mayFallBack)).cache;

  /** With the parts that keep it true. */
  readonly startWhole = (ground: Ground, mayFallBack = true, parts: Parts = {}): Promise<WatchedFleet> =>
    this.startOver(ground, new FollowingChangeFeed(ground.feed, ground.clock), mayFallBack, parts);

  /** @param view how the process follows the feed */
  readonly startOver = async <View extends FollowingChangeFeed>(
    ground: Ground,
    view: View,
    mayFallBack = true,
    parts: Parts = {},
  ): Promise<WatchedFleet & { readonly view: View }> => {
    const contact = new StoreAvailability(ground.clock);
    const fleet = watchedFleet(ground, view, contact, mayFallBack, parts);
    this.running.push({
      stop: async () => {
        await fleet.stop();
        await contact.onApplicationShutdown();
        await view.onApplicationShutdown();
      },
    });
    fleet.start();
    await view.onApplicationBootstrap();
    return { ...fleet, view };
  };
}

/** The names of all instances, in order. */
export const names = async (cache: WatchCache): Promise<string[]> =>
  (await cache.list({ limit: 200, sort: 'name' })).instances.map(({ record }) => record.name);
