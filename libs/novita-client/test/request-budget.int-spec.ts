import { setTimeout as pause } from 'node:timers/promises';
import { SystemClock } from '@app/platform';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisRequestBudget } from '../src/budget/redis-request-budget.js';
import { budgetLimits } from '../src/budget/request-budget.port.js';
import type { NovitaClient } from '../src/novita-client.js';
import { clientOf, type FakeNovita, json, refusal, startFakeNovita } from './fake-novita.js';
import { requestBudgetConformance } from './request-budget.conformance.js';

const clock = new SystemClock();

describe('the request budget in Redis', () => {
  let server: RedisFixture;
  let redis: Redis;
  let other: Redis;
  let novita: FakeNovita;
  const clients: NovitaClient[] = [];
  const connect = (): Redis => {
    const connection = new Redis(server.url, { maxRetriesPerRequest: 1, retryStrategy: () => 50 });
    connection.on('error', () => undefined);
    return connection;
  };

  beforeAll(async () => {
    server = await startRedis();
    redis = connect();
    other = connect();
    novita = await startFakeNovita();
  });
  afterAll(async () => {
    redis.disconnect();
    other.disconnect();
    await novita.close();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
    novita.requests.length = 0;
    novita.answers(json({ data: [] }));
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close(0)));
  });
  const client = (connection: Redis, maxRequestsPerSecond: number, onBudgetChange?: (cause: Error | null) => void) => {
    const made = clientOf(
      novita.url,
      { maxRequestsPerSecond, timeoutMs: 60_000, policies: { deadlineMs: 60_000 } },
      { redis: connection, ...(onBudgetChange === undefined ? {} : { onBudgetChange }) },
    );
    clients.push(made);
    return made;
  };

  /** Milliseconds since 1970 by the clock of Redis. */
  const redisNow = async (): Promise<number> => {
    const [seconds = 0, microseconds = 0] = await redis.time();
    return seconds * 1_000 + microseconds / 1_000;
  };

  let made = 0;
  requestBudgetConformance({
    make: async (limits) => new RedisRequestBudget(limits, redis, `conformance-${(made += 1)}`, clock),
    // Redis has its own clock, so this one cannot be moved by hand; a timer of this process may be early by that one.
    advance: async (ms) => {
      const until = (await redisNow()) + ms;
      for (let left = ms; left > 0; left = until - (await redisNow())) await pause(Math.ceil(left));
    },
  });

  it('is one for several connections, and survives a lost script', async () => {
    const limits = budgetLimits(10);
    const one = new RedisRequestBudget(limits, redis, 'shared', clock);
    const two = new RedisRequestBudget(limits, other, 'shared', clock);
    const grants = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? one : two).take(1, 'urgent')),
    );
    expect(grants.filter((grant) => grant.granted === 1).length).toBeLessThanOrEqual(21);
    expect(grants.filter((grant) => grant.granted === 1).length).toBeGreaterThanOrEqual(20);
    await redis.script('FLUSH');
    await expect(one.take(1, 'urgent')).resolves.toMatchObject({ granted: expect.any(Number) as number });
  });

  it('draws a few permits in advance while many are left, and gives them up before long', async () => {
    const hand = new FakeClock();
    const limits = budgetLimits(1_000);
    const budget = new RedisRequestBudget(limits, redis, 'ahead', hand);
    const left = async (): Promise<number> => Number(await redis.hget('{ahead}:novita-budget', 'tokens'));
    await budget.take(1, 'background');
    expect(await left()).toBe(limits.burst - 11);
    await redis.hset('{ahead}:novita-budget', 'pausedUntil', Number.MAX_SAFE_INTEGER);
    expect(await budget.take(9, 'background')).toEqual({ granted: 9, waitMs: 0 });
    expect(await budget.take(2, 'background')).toMatchObject({ granted: 1, waitMs: expect.any(Number) as number });

    await redis.del('{ahead}:novita-budget');
    await budget.take(1, 'background');
    await redis.hset('{ahead}:novita-budget', 'pausedUntil', Number.MAX_SAFE_INTEGER);
    hand.advance(50);
    expect((await budget.take(1, 'background')).granted).toBe(0);
  });

  it('draws none in advance when the rate is low, the bucket is not half full, or a pause is asked for', async () => {
    const slow = new RedisRequestBudget(budgetLimits(99), redis, 'slow', clock);
    await slow.take(1, 'urgent');
    expect(Number(await redis.hget('{slow}:novita-budget', 'tokens'))).toBe(197);

    const busy = new RedisRequestBudget(budgetLimits(1_000), redis, 'busy', clock);
    expect((await busy.take(1_100, 'urgent')).granted).toBe(1_100);
    expect(Number(await redis.hget('{busy}:novita-budget', 'tokens'))).toBe(900);

    const warned = new RedisRequestBudget(budgetLimits(1_000), redis, 'warned', clock);
    await warned.take(1, 'urgent');
    await warned.pause(10_000);
    expect((await warned.take(1, 'urgent')).granted).toBe(0);
  });

  it('leaves one key that ends by itself', async () => {
    await new RedisRequestBudget(budgetLimits(10), redis, 'mine', clock).take(1, 'background');
    expect(await redis.keys('*')).toEqual(['{mine}:novita-budget']);
    const ttl = await redis.pttl('{mine}:novita-budget');
    expect(ttl).toBeGreaterThan(2_000);
    expect(ttl).toBeLessThanOrEqual(3_000);
  });

  it('bounds two clients together', async () => {
    const one = client(redis, 40);
    const two = client(other, 40);
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: 160 }, (_, index) => (index % 2 === 0 ? one : two).novita.catalogue.clusters()),
    );
    // 160 calls: 60 at once (the burst of 80 but for the reserve of 20), 100 at 40 a second.
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(seconds).toBeGreaterThan(2.3);
    expect(seconds).toBeLessThan(40);
    // A busy machine only delays them: never have more come than the burst and what the time since has added. Two budgets
    // would let sixty more through.
    const excess = novita.requests.map(({ at }, index) => index + 1 - (60 + (40 * (at - startedAt)) / 1_000));
    expect(Math.max(...excess)).toBeLessThanOrEqual(5);
    expect(novita.requests).toHaveLength(160);
  });

  it('lets a person through while a batch of another process waits', async () => {
    const batch = client(redis, 10);
    const web = client(other, 10);
    // More than the other process can wait for, however long it takes: it is cut off at the end.
    const listing = Promise.all(Array.from({ length: 400 }, () => batch.novita.catalogue.clusters()));
    listing.catch(() => undefined);
    await expect.poll(() => novita.requests.length).toBeGreaterThanOrEqual(15);
    const ofBatch = (): number => novita.requests.filter(({ path }) => path.endsWith('/clusters')).length;
    const before = ofBatch();
    // Five are kept for people; in their turn they would come after all that wait.
    await Promise.all(Array.from({ length: 5 }, () => web.novita.catalogue.cpuProducts({ priority: 'urgent' })));
    expect(ofBatch() - before).toBeLessThan(200);
  });

  it('holds every client back when one of them has to wait', async () => {
    novita.answers(refusal(429, 'RATE_LIMIT_EXCEEDED', 'slow down', { 'retry-after': '1' }), json({ data: [] }));
    const first = client(redis, 100).novita.catalogue.clusters();
    await expect.poll(() => redis.hget('{test}:novita-budget', 'pausedUntil')).toMatch(/[1-9]/);
    await client(other, 100).novita.catalogue.clusters();
    await first;
    const [refused, ...later] = novita.requests.map((request) => request.at);
    expect(later).toHaveLength(2);
    for (const at of later) expect(at - (refused ?? 0)).toBeGreaterThanOrEqual(950);
  });

  it('is replaced by one of the process while Redis is away', async () => {
    const changes: string[] = [];
    const lone = client(redis, 20, (cause) => changes.push(cause === null ? 'back' : 'away'));
    await lone.novita.catalogue.clusters();
    await server.kill();
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 60 }, () => lone.novita.catalogue.clusters()));
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(changes).toEqual(['away']);
    // Still limited: 29 of the burst are left at once, 31 at 20 a second.
    expect(seconds).toBeGreaterThan(1.2);
    await server.start();
    await expect
      .poll(
        async () => {
          await lone.novita.catalogue.clusters();
          return changes.at(-1);
        },
        { timeout: 8_000, interval: 200 },
      )
      .toBe('back');
  });
});

describe('the request budget of one process', () => {
  it('bounds its requests', async () => {
    const novita = await startFakeNovita();
    novita.answers(json({ data: [] }));
    const lone = clientOf(novita.url, {
      maxRequestsPerSecond: 20,
      timeoutMs: 60_000,
      policies: { deadlineMs: 60_000 },
    });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 70 }, () => lone.novita.catalogue.clusters()));
    const seconds = (performance.now() - startedAt) / 1_000;
    await lone.close(0);
    await novita.close();
    // 30 at once, 40 at 20 a second; waits are lengthened by up to a fifth.
    expect(seconds).toBeGreaterThan(1.9);
    expect(seconds).toBeLessThan(40);
  });
});
