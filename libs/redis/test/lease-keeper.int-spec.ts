import { IoRedisConnections, MemoryLeaseKeeper, RedisLeaseKeeper } from '@app/redis';
import { FakeClock, startRedis } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeLeaseKeeper } from './lease-keeper.conformance.js';

describeLeaseKeeper('MemoryLeaseKeeper', () => {
  const clock = new FakeClock();
  const keeper = new MemoryLeaseKeeper(clock);
  return Promise.resolve({
    keeper,
    other: keeper,
    lapsed: (_name, ttlMs) => Promise.resolve(clock.advance(ttlMs)),
    end: () => Promise.resolve(),
  });
});

describeLeaseKeeper('RedisLeaseKeeper', async () => {
  const redis = await startRedis();
  const connections = new IoRedisConnections({ url: redis.url, processName: 'one' });
  const others = new IoRedisConnections({ url: redis.url, processName: 'two' });
  return {
    keeper: new RedisLeaseKeeper(connections, 'fleet'),
    other: new RedisLeaseKeeper(others, 'fleet'),
    lapsed: (name) =>
      vi.waitUntil(async () => (await connections.commands.exists(`{fleet}:lease:${name}`)) === 0, { timeout: 5_000 }),
    end: async () => {
      await Promise.all([connections.close(), others.close()]);
      await redis.stop();
    },
  };
});

describe('RedisLeaseKeeper', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('keeps fleets of one database apart', async () => {
    const connections = new IoRedisConnections({ url: redis.url, processName: 'test' });
    expect(await new RedisLeaseKeeper(connections, 'a').tryAcquire('sweep', 60_000)).toBe(true);
    expect(await new RedisLeaseKeeper(connections, 'b').tryAcquire('sweep', 60_000)).toBe(true);
    expect(await connections.commands.pttl('{a}:lease:sweep')).toBeGreaterThan(50_000);
    await connections.close();
  });
});
