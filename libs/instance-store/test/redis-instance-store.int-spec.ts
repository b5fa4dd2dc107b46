import { type ChangeFeed, type InstanceStore, RedisChangeFeed, redisStore } from '@app/instance-store';
import { type LockKeeper, type RedisConnections, RedisLockKeeper } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe } from 'vitest';
import { auditLogConformance } from './audit-log.conformance.js';
import { bulkConformance } from './bulk.conformance.js';
import { capConformance } from './cap.conformance.js';
import { fencingConformance } from './fencing.conformance.js';
import { fleetEventsConformance } from './fleet-events.conformance.js';
import type { MakeStore } from './harness.js';
import { idleConformance } from './idle.conformance.js';
import { idleClaimsConformance } from './idle-claims.conformance.js';
import { instanceStoreConformance } from './instance-store.conformance.js';
import { listingDigestsConformance } from './listing-digests.conformance.js';
import { modelConformance } from './model.conformance.js';
import { raceConformance } from './race.conformance.js';
import { unknownKeys } from './redis-harness.js';
import { restoreConformance } from './restore.conformance.js';
import { scanConformance } from './scan.conformance.js';
import { spendConformance } from './spend.conformance.js';
import { unconfirmedConformance } from './unconfirmed.conformance.js';

let server: RedisFixture;
let redis: Redis;
let others: Redis;
let prefixes = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  redis = new Redis(server.url);
  others = new Redis(server.url);
});

afterAll(async () => {
  // None of all these tests may leave a key behind that the table of the store does not name.
  const unknown = unknownKeys(await redis.keys('*'));
  redis.disconnect();
  others.disconnect();
  await server.stop();
  if (unknown.length > 0) throw new Error(`keys that src/redis/keys.ts does not name: ${unknown.join(', ')}`);
});

describe('the ports in Redis', () => {
  instanceStoreConformance((options = {}) => {
    const clock = new FakeClock();
    const keyPrefix = `test-${prefixes++}`;
    const store = redisStore(redis, clock, { keyPrefix, ...options });
    return { clock, locks: locksOf(keyPrefix), feed: feedOf(keyPrefix, options), store };
  });
});

/** The scripts and plans are those of the one store above; these try what further caches and connections make of them. */
const FURTHER_RUNS = 25;

describe('a store in Redis that knows next to nothing of what it read', () => {
  modelConformance(makeSmallStore, FURTHER_RUNS);
});

describe('two stores in Redis, as two processes have them', () => {
  modelConformance(makeTwoStores, FURTHER_RUNS);
  raceConformance(makeTwoStores);
  capConformance(makeTwoStores);
  listingDigestsConformance(makeTwoStores);
  bulkConformance(makeTwoStores);
  fencingConformance(makeTwoStores);
  scanConformance(makeTwoStores);
  restoreConformance(makeTwoStores);
  idleConformance(makeTwoStores);
  idleClaimsConformance(makeTwoStores);
  auditLogConformance(makeTwoStores);
  spendConformance(makeTwoStores);
  fleetEventsConformance(makeTwoStores);
  unconfirmedConformance(makeTwoStores);
});

function makeSmallStore(given: Parameters<MakeStore>[0] = {}): ReturnType<MakeStore> {
  const clock = new FakeClock();
  const keyPrefix = `test-${prefixes++}`;
  const options = { ...given, keyPrefix, known: { maxRecords: 2, maxCharacters: 10_000 } };
  const store = redisStore(redis, clock, options);
  return { clock, locks: locksOf(keyPrefix), feed: feedOf(keyPrefix, given), store };
}

function makeTwoStores(given: Parameters<MakeStore>[0] = {}): ReturnType<MakeStore> {
  const clock = new FakeClock();
  const options = { ...given, keyPrefix: `test-${prefixes++}` };
  const stores = [redisStore(redis, clock, options), redisStore(others, clock, options)] as const;
  const { keyPrefix } = options;
  return { clock, locks: locksOf(keyPrefix), feed: feedOf(keyPrefix, given), store: inTurn(stores) };
}

function locksOf(keyPrefix: string): LockKeeper {
  const connections: RedisConnections = { commands: redis, dedicated: () => redis, mayReadInfo: true };
  return new RedisLockKeeper(connections, keyPrefix);
}

function feedOf(keyPrefix: string, { feedLimit }: NonNullable<Parameters<MakeStore>[0]>): ChangeFeed {
  const dedicated = (): Redis => others.duplicate({ maxRetriesPerRequest: null });
  const connections: RedisConnections = { commands: others, dedicated, mayReadInfo: true };
  return new RedisChangeFeed(connections, { keyPrefix, ...(feedLimit === undefined ? {} : { feedLimit }) });
}

/** One store that hands each call to the next of several. */
function inTurn(stores: readonly [InstanceStore, ...InstanceStore[]]): InstanceStore {
  let calls = 0;
  const port = <Name extends keyof InstanceStore>(name: Name): InstanceStore[Name] =>
    new Proxy(stores[0][name], {
      get: (_, property) => {
        const next = (stores[calls++ % stores.length] ?? stores[0])[name];
        const value: unknown = Reflect.get(next, property);
        return typeof value === 'function' ? value.bind(next) : value;
      },
    });
  return {
    records: port('records'),
    deadlines: port('deadlines'),
    idle: port('idle'),
    digests: port('digests'),
    audit: port('audit'),
    spend: port('spend'),
    events: port('events'),
  };
}
