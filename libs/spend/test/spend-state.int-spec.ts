import { StoreUnavailableError } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { IoRedisConnections } from '@app/redis';
import { type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryBillStore, RedisBillStore } from '../src/bill/bill-store.js';
import { MemoryFleetHistory, RedisFleetHistory } from '../src/history/fleet-history.js';
import { MemoryIdleCostStore, RedisIdleCostStore } from '../src/idle/idle-cost-store.js';
import { aBillDay, aBillRun, billStoreConformance, TODAY } from './bill-store.conformance.js';
import { aSample, fleetHistoryConformance } from './fleet-history.conformance.js';
import { anIdleCost, idleCostStoreConformance } from './idle-cost-store.conformance.js';

const BEGINNING = timestampFromMs(0);

let server: RedisFixture;
let redis: Redis;
let connections: IoRedisConnections;
let prefixes = 0;
const nextPrefix = (): string => `test-${prefixes++}`;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  redis = new Redis(server.url);
  redis.on('error', () => undefined);
  connections = new IoRedisConnections({ url: server.url, processName: 'test' });
});
afterAll(async () => {
  redis.disconnect();
  await connections.close();
  await server.stop();
});

describe('MemoryFleetHistory', () => {
  fleetHistoryConformance(() => {
    const history = new MemoryFleetHistory();
    return Promise.resolve({ history, other: history });
  });
});

describe('MemoryIdleCostStore', () => {
  idleCostStoreConformance(() => {
    const store = new MemoryIdleCostStore();
    return Promise.resolve({ store, other: store });
  });
});

describe('MemoryBillStore', () => {
  billStoreConformance(() => {
    const store = new MemoryBillStore();
    return Promise.resolve({ store, other: store });
  });
});

describe('RedisBillStore', () => {
  billStoreConformance(() => {
    const prefix = nextPrefix();
    const make = () => new RedisBillStore(connections, prefix);
    return Promise.resolve({ store: make(), other: make() });
  });

  it('has one key in the hash tag of the fleet, and passes over what no check has written', async () => {
    const prefix = nextPrefix();
    const key = `{${prefix}}:bill-checks`;
    const store = new RedisBillStore(connections, prefix);
    await redis.hset(key, { 1: 'no JSON', [TODAY - 3]: '{"day":1}', other: '[]', run: '{"at":1}' });
    expect(await store.read()).toEqual({ lastRun: null, days: new Map() });
    await store.record(aBillRun, [aBillDay()], TODAY);
    expect(await redis.hexists(key, '1')).toBe(0);
    expect(await redis.keys(`*${prefix}*`)).toEqual([key]);
  });

  it('says so while Redis is away', async () => {
    const store = new RedisBillStore(connections, nextPrefix());
    await server.kill();
    try {
      await expect(store.read()).rejects.toThrow(StoreUnavailableError);
      await expect(store.record(aBillRun, [], TODAY)).rejects.toThrow(StoreUnavailableError);
    } finally {
      await server.start();
    }
  });
});

describe('RedisFleetHistory', () => {
  fleetHistoryConformance(() => {
    const prefix = nextPrefix();
    const make = () => new RedisFleetHistory(connections, prefix);
    return Promise.resolve({ history: make(), other: make() });
  });

  it('has one key in the hash tag of the fleet, bounded even when the clocks of workers are wrong', async () => {
    const prefix = nextPrefix();
    const key = `{${prefix}}:fleet-history`;
    const members = Array.from({ length: 2_000 }, (_, i) => [String(i * 60_000), `${i * 60_000} 1 1`]);
    await redis.zadd(key, ...members.flat());
    const history = new RedisFleetHistory(connections, prefix);
    await history.record({ ...aSample(0), at: BEGINNING });
    expect(await redis.zcard(key)).toBe(1_440);
    await history.record(aSample(0));
    expect(await redis.zrange(key, '0', '-1')).toEqual([`${Date.UTC(2026, 2, 1, 10)} 1 0.35`]);
    expect(await redis.keys(`*${prefix}*`)).toEqual([key]);
  });

  it('passes over what is no sample', async () => {
    const prefix = nextPrefix();
    await redis.zadd(`{${prefix}}:fleet-history`, 0, 'x', 1, '1 2', 2, '1 2 NaN', 3, '1 2 -3', 60_000, '60000 1 2.5');
    const history = new RedisFleetHistory(connections, prefix);
    expect(await history.latest(BEGINNING)).toEqual([{ at: timestampFromMs(60_000), running: 1, usdPerHour: 2.5 }]);
  });

  it('says so while Redis is away', async () => {
    const history = new RedisFleetHistory(connections, nextPrefix());
    await server.kill();
    try {
      await expect(history.latest(BEGINNING)).rejects.toThrow(StoreUnavailableError);
      await expect(history.record(aSample(0))).rejects.toThrow(StoreUnavailableError);
    } finally {
      await server.start();
    }
  });
});

describe('RedisIdleCostStore', () => {
  idleCostStoreConformance(() => {
    const prefix = nextPrefix();
    const make = () => new RedisIdleCostStore(connections, prefix);
    return Promise.resolve({ store: make(), other: make() });
  });

  it('has one field of a key in the hash tag of the fleet, and leaves the others alone', async () => {
    const prefix = nextPrefix();
    const key = `{${prefix}}:auto-stop:stats`;
    await redis.hset(key, { last: 'as it was', checked: 5 });
    await new RedisIdleCostStore(connections, prefix).record(anIdleCost());
    expect(await redis.hgetall(key)).toEqual({ last: 'as it was', checked: '5', idle: JSON.stringify(anIdleCost()) });
    expect(await redis.keys(`*${prefix}*`)).toEqual([key]);
    expect(await redis.ttl(key)).toBe(-1);
  });

  it.each(['no JSON', '{}', '{"asOf":1}', '{"byReason":{}}', '[]', 'null', ''])(
    'takes %s for no measurement',
    async (json) => {
      const prefix = nextPrefix();
      await redis.hset(`{${prefix}}:auto-stop:stats`, { idle: json });
      expect(await new RedisIdleCostStore(connections, prefix).latest()).toBeNull();
    },
  );

  it('says so while Redis is away', async () => {
    const store = new RedisIdleCostStore(connections, nextPrefix());
    await server.kill();
    try {
      await expect(store.latest()).rejects.toThrow(StoreUnavailableError);
      await expect(store.record(anIdleCost())).rejects.toThrow(StoreUnavailableError);
    } finally {
      await server.start();
    }
  });
});
