import {
  BEFORE_FIRST_ENTRY,
  type FeedEntry,
  type InstanceStore,
  RedisChangeFeed,
  type RedisStoreOptions,
  redisStore,
  STORE_KEYS,
} from '@app/instance-store';
import type { LockHold } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';

const PREFIX = 'fleet-under-test';
export const TAG = `{${PREFIX}}`;
const HOLD: LockHold = { name: 'sync', fence: 1, token: '1-a' };
export const LOCK = `${TAG}:lock:${HOLD.name}`;
/** Under a lock that is held at the beginning of every test. */
export const UNDER = { hold: HOLD };

/** A Redis that is emptied before every test of a file, and what looks into it. */
export class RedisUnderTest {
  private server: RedisFixture | null = null;
  private connection: Redis | null = null;

  constructor() {
    beforeAll(async () => {
      Logger.overrideLogger(false);
      this.server = await startRedis();
      this.connection = new Redis(this.server.url);
    });
    beforeEach(async () => {
      await this.redis.flushall();
      await this.redis.hset(LOCK, 'token', HOLD.token);
    });
    afterEach(() => {
      vi.restoreAllMocks();
    });
    afterAll(async () => {
      this.connection?.disconnect();
      await this.server?.stop();
    });
  }

  get redis(): Redis {
    if (this.connection === null) throw new Error('Redis was not started');
    return this.connection;
  }

  /** A store that remembers nothing yet. */
  newStore(options: Partial<RedisStoreOptions> & { readonly connection?: Redis } = {}): InstanceStore {
    const { connection = this.redis, ...given } = options;
    return redisStore(connection, new FakeClock(), { keyPrefix: PREFIX, ...given });
  }

  /** The whole feed of the stores. */
  async entries(): Promise<readonly FeedEntry[]> {
    const feed = new RedisChangeFeed(
      { commands: this.redis, dedicated: () => this.redis, mayReadInfo: true },
      { keyPrefix: PREFIX },
    );
    const entries = await feed.after(BEFORE_FIRST_ENTRY, 1_000);
    if (entries === null) throw new Error('entries are missing');
    return entries;
  }

  /** The connection, with something done around each run of a script. */
  withScripts(around: (run: () => Promise<unknown>) => Promise<unknown>): Redis {
    return new Proxy(this.redis, {
      get: (target, property) => {
        if (property !== 'evalsha' && property !== 'eval') return Reflect.get(target, property) as unknown;
        return (...args: [string, number, ...string[]]) => around(() => target[property](...args));
      },
    });
  }
}

const KNOWN = STORE_KEYS.map(
  ({ key }) => new RegExp(`^${key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/<[^>]+>/g, '.+')}$`),
);

/** Keys that the table of the store does not name, without their hash tag; locks are another lib's. */
export function unknownKeys(keys: readonly string[]): string[] {
  return keys
    .map((key) => key.replace(/^\{[^}]+\}:/, ''))
    .filter((key) => !/^lock(-fence)?:/.test(key) && !KNOWN.some((known) => known.test(key)))
    .toSorted();
}
