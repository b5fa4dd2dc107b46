import { timestampFromMs } from '@app/platform';
import { IoRedisConnections } from '@app/redis';
import { type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisWorkerPresence, WorkerHeartbeat } from '../src/bullmq/worker-heartbeat.js';
import { QueueUnavailableError } from '../src/catalogue/job-queue.port.js';

Logger.overrideLogger(false);

const refuse = (error: unknown): never => {
  throw error;
};

describe('RedisWorkerPresence', () => {
  let redis: RedisFixture;
  let connections: IoRedisConnections;

  beforeAll(async () => {
    redis = await startRedis();
    connections = new IoRedisConnections({ url: redis.url, processName: 'test' });
  });
  afterAll(async () => {
    await connections.close();
    await redis.stop();
  });

  it('knows of any worker until the last has gone', async () => {
    const presence = new RedisWorkerPresence(connections.commands, 'any');
    const one = new WorkerHeartbeat({ redis: connections.commands, key: 'any', onError: refuse });
    const two = new WorkerHeartbeat({ redis: connections.commands, key: 'any', onError: refuse });
    expect(await presence.isAnyAlive()).toBe(false);
    one.start();
    two.start();
    await vi.waitUntil(() => presence.isAnyAlive());
    await one.stop();
    expect(await presence.isAnyAlive()).toBe(true);
    await two.stop();
    expect(await presence.isAnyAlive()).toBe(false);
  });

  it('does not count a worker for a queue that it does not take from', async () => {
    const presence = new RedisWorkerPresence(connections.commands, 'stuck');
    let consuming = false;
    const lastFetchAt = timestampFromMs(0);
    const parts = { redis: connections.commands, key: 'stuck', onError: refuse };
    const beat = new WorkerHeartbeat(
      { ...parts, fetches: () => new Map([['sync', { consuming, lastFetchAt }]]) },
      { everyMs: 50, lifeMs: 5_000 },
    );
    beat.start();
    await vi.waitUntil(() => presence.isAnyAlive());
    expect([await presence.isAnyAlive('sync'), await presence.isAnyAlive('lifecycle')]).toEqual([false, true]);
    consuming = true;
    await vi.waitUntil(() => presence.isAnyAlive('sync'));
    await beat.stop();
    expect(await connections.commands.exists('stuck', 'stuck:fetches')).toBe(0);
  });

  it('forgets a worker that died without a word', async () => {
    const presence = new RedisWorkerPresence(connections.commands, 'dead');
    const beat = new WorkerHeartbeat(
      { redis: connections.commands, key: 'dead', onError: refuse },
      { everyMs: 60_000, lifeMs: 150 },
    );
    beat.start();
    await vi.waitUntil(() => presence.isAnyAlive());
    await vi.waitUntil(async () => !(await presence.isAnyAlive()), { timeout: 2_000 });
    expect(await connections.commands.exists('dead')).toBe(0);
    await beat.stop();
  });

  it('does not guess while Redis is away', async () => {
    const own = await startRedis();
    const away = new IoRedisConnections({ url: own.url, processName: 'test' });
    await away.verify();
    await own.kill();
    await expect(new RedisWorkerPresence(away.commands, 'any').isAnyAlive()).rejects.toThrow(QueueUnavailableError);
    await away.close();
    await own.stop();
  });
});
