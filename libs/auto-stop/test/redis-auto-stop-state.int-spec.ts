import { StoreUnavailableError } from '@app/instance-store';
import { IoRedisConnections } from '@app/redis';
import { type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisRulesMark } from '../src/rules/rules-mark.js';
import { MemoryAutoStopStatsStore, NO_STATS, RedisAutoStopStatsStore } from '../src/stats/auto-stop-stats-store.js';
import { aRecordedCheck, autoStopStatsStoreConformance } from './auto-stop-stats-store.conformance.js';

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

describe('MemoryAutoStopStatsStore', () => {
  autoStopStatsStoreConformance(() => {
    const store = new MemoryAutoStopStatsStore();
    return Promise.resolve({ store, other: store });
  });
});

describe('RedisAutoStopStatsStore', () => {
  autoStopStatsStoreConformance(() => {
    const prefix = nextPrefix();
    const make = () => new RedisAutoStopStatsStore(connections, prefix);
    return Promise.resolve({ store: make(), other: make() });
  });

  it('has its key in the hash tag of the fleet, and it does not end by itself', async () => {
    const prefix = nextPrefix();
    const store = new RedisAutoStopStatsStore(connections, prefix);
    await store.record(aRecordedCheck());
    const keys = await redis.keys(`*${prefix}*`);
    expect(keys).toEqual([`{${prefix}}:auto-stop:stats`]);
    expect(await redis.ttl(`{${prefix}}:auto-stop:stats`)).toBe(-1);
  });

  it.each(['no JSON', '{}', '{"run":{"checkId":1}}', '[]', 'null'])('takes %s for no check', async (json) => {
    const prefix = nextPrefix();
    await redis.hset(`{${prefix}}:auto-stop:stats`, { last: json });
    expect(await new RedisAutoStopStatsStore(connections, prefix).read()).toEqual(NO_STATS);
  });

  it('leaves the field of the same hash alone that holds what idles', async () => {
    const prefix = nextPrefix();
    await redis.hset(`{${prefix}}:auto-stop:stats`, { idle: 'as it was' });
    const store = new RedisAutoStopStatsStore(connections, prefix);
    await store.record(aRecordedCheck());
    expect(await redis.hget(`{${prefix}}:auto-stop:stats`, 'idle')).toBe('as it was');
    expect(await store.read()).not.toHaveProperty('idle');
  });
});

describe('RedisRulesMark', () => {
  it('is settled for every process by the only rules in use', async () => {
    const prefix = nextPrefix();
    const mark = new RedisRulesMark(connections, prefix);
    expect(await mark.report('new')).toEqual({ settled: null, others: 0 });
    expect(await mark.settle('new')).toBe(true);
    expect(await new RedisRulesMark(connections, prefix).report('new')).toEqual({ settled: 'new', others: 0 });
  });

  it('is not settled while other rules are in use, nor after them until somebody settles it', async () => {
    const prefix = nextPrefix();
    const mark = new RedisRulesMark(connections, prefix, 600_000);
    await mark.report('new');
    await mark.settle('new');
    expect(await mark.report('old')).toEqual({ settled: null, others: 1 });
    expect(await mark.settle('new')).toBe(false);
    expect(await mark.report('new')).toEqual({ settled: null, others: 1 });
    // To this one the report of the old rules is over within a millisecond.
    const later = new RedisRulesMark(connections, prefix, 1);
    await vi.waitUntil(async () => (await later.report('new')).others === 0, { timeout: 10_000, interval: 5 });
    expect(await later.report('new')).toEqual({ settled: null, others: 0 });
    expect(await later.settle('new')).toBe(true);
    expect(await later.report('new')).toEqual({ settled: 'new', others: 0 });
  });
});

describe('while Redis is away', () => {
  it('both say so', async () => {
    const prefix = nextPrefix();
    await server.kill();
    try {
      await expect(new RedisAutoStopStatsStore(connections, prefix).read()).rejects.toThrow(StoreUnavailableError);
      await expect(new RedisRulesMark(connections, prefix).report('a')).rejects.toThrow(StoreUnavailableError);
    } finally {
      await server.start();
    }
  });
});
