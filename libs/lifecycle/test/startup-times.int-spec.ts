import { StoreUnavailableError } from '@app/instance-store';
import { IoRedisConnections } from '@app/redis';
import { type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryStartupTimes, RedisStartupTimes } from '../src/startup/startup-times.js';
import { aStartup, startupTimesConformance } from './startup-times.conformance.js';

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

describe('MemoryStartupTimes', () => {
  startupTimesConformance(() => {
    const times = new MemoryStartupTimes();
    return Promise.resolve({ times, other: times });
  });
});

describe('RedisStartupTimes', () => {
  startupTimesConformance(() => {
    const prefix = nextPrefix();
    const make = () => new RedisStartupTimes(connections, prefix);
    return Promise.resolve({ times: make(), other: make() });
  });

  it('has three keys in the hash tag of the fleet', async () => {
    const prefix = nextPrefix();
    await new RedisStartupTimes(connections, prefix).record([aStartup(1)], { from: null, to: '1-0' });
    const keys = ['bookmark', 'latest', 'times'].map((name) => `{${prefix}}:startup:${name}`);
    expect((await redis.keys(`*${prefix}*`)).toSorted()).toEqual(keys);
  });

  it('passes over what it did not write', async () => {
    const prefix = nextPrefix();
    const times = new RedisStartupTimes(connections, prefix);
    await redis.hset(`{${prefix}}:startup:times`, {
      'no JSON': 'a=1',
      '["one"]': 'a=1',
      '{"a":1}': 'a=1',
      '["p","no times"]': 'a=x b= c=-1 d=1.5',
      '["p","i"]': 'a=1 nonsense b=x c=3',
    });
    expect(await times.all()).toEqual([{ productId: 'p', image: 'i', seconds: [1, 3] }]);
  });

  it('says so while Redis is away', async () => {
    const times = new RedisStartupTimes(connections, nextPrefix());
    await server.kill();
    try {
      await expect(times.bookmark()).rejects.toThrow(StoreUnavailableError);
      await expect(times.all()).rejects.toThrow(StoreUnavailableError);
      await expect(times.record([], { from: null, to: '1-0' })).rejects.toThrow(StoreUnavailableError);
    } finally {
      await server.start();
    }
  });
});
