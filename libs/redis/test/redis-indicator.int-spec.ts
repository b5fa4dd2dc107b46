import { HealthIndicatorRegistry, loadSection, NotWellError, ProcessIdentity, timestampFromMs } from '@app/platform';
import { FleetId, IoRedisConnections, RedisReadiness, RedisSettings } from '@app/redis';
import { type RedisFixture, startCuttingProxy, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisIndicator } from '../src/redis-indicator.js';

beforeAll(() => Logger.overrideLogger(false));

describe('the health of Redis', () => {
  let redis: RedisFixture;
  let admin: Redis;

  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  /** A check over one connection; it answers the state and what is said of it. */
  async function withCheck(url: string, use: (check: () => Promise<string>) => Promise<void>): Promise<void> {
    const connections = new IoRedisConnections({ url, processName: 'test' });
    const registry = new HealthIndicatorRegistry();
    new RedisIndicator(
      connections,
      loadSection(RedisSettings),
      registry,
      new ProcessIdentity('test'),
      RedisReadiness.proven(new FleetId('test'), timestampFromMs(0)),
    ).onModuleInit();
    const indicator = registry.all()[0];
    if (indicator === undefined) throw new Error('no indicator');
    const check = async (): Promise<string> => {
      try {
        await indicator.check({ signal: AbortSignal.timeout(1_000) });
        return 'up';
      } catch (error) {
        return error instanceof NotWellError ? `${error.state}: ${error.message}` : String(error);
      }
    };
    try {
      await use(check);
    } finally {
      await connections.close();
    }
  }

  it('is that it can be written to, by a name for what is wrong', async () => {
    await withCheck(redis.url, async (check) => {
      expect(await check()).toBe('up');
      await admin.config('SET', 'maxmemory', '1');
      expect(await check()).toMatch(/^full: Redis is full/);
      await admin.config('SET', 'maxmemory', '0');
      await admin.replicaof('127.0.0.1', 1);
      expect(await check()).toMatch(/^replica: Redis is a read-only replica/);
      await admin.replicaof('NO', 'ONE');
      await expect.poll(check, { timeout: 5_000 }).toBe('up');
    });
  });

  it('detects soon that nothing is delivered any more, and comes back over a new connection', async () => {
    const proxy = await startCuttingProxy(redis.port);
    await withCheck(`redis://127.0.0.1:${proxy.port}`, async (check) => {
      expect(await check()).toBe('up');
      proxy.silence();
      const before = performance.now();
      expect(await check()).toBe('away: Redis cannot be reached');
      expect(performance.now() - before).toBeLessThan(8_000);
      await expect.poll(check, { timeout: 5_000 }).toBe('up');
    });
    await proxy.close();
  });

  it.each([
    ['api', 'true', false],
    ['api', 'false', true],
    ['standalone', 'true', false],
    ['worker', 'true', true],
  ])('decides whether the %s is of use, with REDIS_ENABLE_FALLBACK=%s: %s', async (name, fallback, needed) => {
    const connections = new IoRedisConnections({ url: redis.url, processName: 'test' });
    const registry = new HealthIndicatorRegistry();
    const settings = loadSection(RedisSettings, { REDIS_ENABLE_FALLBACK: fallback });
    new RedisIndicator(
      connections,
      settings,
      registry,
      new ProcessIdentity(name),
      RedisReadiness.proven(new FleetId('test'), timestampFromMs(0)),
    ).onModuleInit();
    expect(registry.all()[0]?.needed).toBe(needed);
    await connections.close();
  });
});
