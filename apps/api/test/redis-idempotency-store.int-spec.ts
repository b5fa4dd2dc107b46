import { setTimeout as pause } from 'node:timers/promises';
import { type RedisFixture, startRedis } from '@app/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { IdempotencyUnavailableError } from '../src/core/http/idempotency-store.js';
import { RedisIdempotencyStore } from '../src/core/http/redis-idempotency-store.js';
import { describeIdempotencyStore, SHORT_TIMES } from './support/idempotency-conformance.js';

describe('idempotency keys in Redis', () => {
  let fixture: RedisFixture;
  let redis: Redis;

  beforeAll(async () => {
    fixture = await startRedis();
    redis = new Redis(fixture.url, { maxRetriesPerRequest: 1, retryStrategy: () => 50 });
    redis.on('error', () => undefined);
  });
  afterAll(async () => {
    redis.disconnect();
    await fixture.stop();
  });

  describeIdempotencyStore(
    'RedisIdempotencyStore',
    async () => new RedisIdempotencyStore(redis, 'test-fleet', SHORT_TIMES),
    async (ms) => {
      // The expiry of keys is Redis's own clock; nothing can be awaited but time.
      await pause(ms);
    },
  );

  it('grants a claim that is sent twice, as after a broken connection, and refuses the next one', async () => {
    const twice = new Proxy(redis, {
      get: (target, name) =>
        name === 'eval'
          ? async (...args: Parameters<Redis['eval']>) => {
              await target.eval(...args);
              return target.eval(...args);
            }
          : Reflect.get(target, name, target),
    });
    const claim = await new RedisIdempotencyStore(twice, 'test-fleet', SHORT_TIMES).claim('sent-twice', 'f');
    expect(claim).toEqual({ outcome: 'claimed', token: expect.any(String) as string });
    const other = new RedisIdempotencyStore(redis, 'test-fleet', SHORT_TIMES);
    expect(await other.claim('sent-twice', 'f')).toEqual({ outcome: 'in-flight' });
    expect(await other.claim('sent-twice', 'g')).toEqual({ outcome: 'other-request' });
  });

  it('leaves nothing without an end, on one node of a cluster', async () => {
    const store = new RedisIdempotencyStore(redis, 'test-fleet', { inFlightMs: 60_000, keepMs: 90_000 });
    const claim = await store.claim('ends', 'f');
    const [key = ''] = await redis.keys('{test-fleet}:idempotency:ends');
    expect(await redis.pttl(key)).toBeGreaterThan(50_000);
    if (claim.outcome === 'claimed') await store.complete('ends', claim.token, { status: 200, headers: {}, body: '' });
    expect(await redis.pttl(key)).toBeGreaterThan(80_000);
  });

  it('gives a claim up once Redis takes writes again, when it did not as the request ended', async () => {
    const store = new RedisIdempotencyStore(redis, 'test-fleet', { inFlightMs: 60_000, keepMs: 90_000 });
    const claim = await store.claim('failed-over', 'f');
    if (claim.outcome !== 'claimed') throw new Error('not claimed');
    await redis.replicaof('127.0.0.1', 1);
    await expect(store.release('failed-over', claim.token)).rejects.toBeInstanceOf(IdempotencyUnavailableError);
    await redis.replicaof('NO', 'ONE');
    expect(await store.claim('failed-over', 'f')).toEqual({ outcome: 'in-flight' });
    await vi.waitFor(async () => expect((await store.claim('failed-over', 'f')).outcome).toBe('claimed'), {
      timeout: 5_000,
    });
  });

  it('says that Redis is away', async () => {
    const store = new RedisIdempotencyStore(redis, 'test-fleet', SHORT_TIMES);
    await fixture.kill();
    await expect(store.claim('x', 'f')).rejects.toBeInstanceOf(IdempotencyUnavailableError);
    await fixture.start();
  });
});
