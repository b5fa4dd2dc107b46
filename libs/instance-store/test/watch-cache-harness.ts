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
import { HealthIndicatorRegistry, loadSection } from '@app/platform';
import { IoRedisConnections, type LockKeeper, MemoryLockKeeper, RedisLockKeeper, RedisSettings } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
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
  readonly metrics?: Registry;
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
  readonly start = async (ground: Ground, mayFallBack = true, parts: Parts = {}): Promise<WatchCache> => {
    const view = new FollowingChangeFeed(ground.feed, ground.clock);
    return (await this.startOver(ground, view, mayFallBack, parts)).cache;
  };

  /** @param view how the process follows the feed */
  readonly startOver = async <View extends FollowingChangeFeed>(
    { store, marks, clock }: Ground,
    view: View,
    mayFallBack = true,
    { health = new HealthIndicatorRegistry(), metrics = new Registry() }: Parts = {},
  ): Promise<{ cache: WatchCache; view: View }> => {
    const settings = loadSection(RedisSettings, { REDIS_ENABLE_FALLBACK: String(mayFallBack) });
    const contact = new StoreAvailability(clock);
    const cache = new WatchCache(store.records, store.idle, marks, view, clock, health, contact, metrics, settings);
    this.running.push({
      stop: async () => {
        await cache.onApplicationShutdown();
        await contact.onApplicationShutdown();
        await view.onApplicationShutdown();
      },
    });
    cache.onModuleInit();
    await view.onApplicationBootstrap();
    return { cache, view };
  };
}

/** The names of all instances, in order. */
export const names = async (cache: WatchCache): Promise<string[]> =>
  (await cache.list({ limit: 200, sort: 'name' })).instances.map(({ record }) => record.name);
