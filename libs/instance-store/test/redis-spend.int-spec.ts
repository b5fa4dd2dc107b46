import { dayOf, type InstanceStore, monthOf } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { aNewInstance } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { anImport, insert, write } from './harness.js';
import { RedisUnderTest, TAG, UNDER } from './redis-harness.js';
import { metered } from './spend.conformance.js';

const HOUR = 3_600_000;
const DAY_SECONDS = 86_400;
/** Where the stores' clock stands. */
const NOW = Date.UTC(2026, 0, 1);
const TODAY = dayOf(NOW);
const NEVER = new AbortController().signal;
const world = new RedisUnderTest();
let store: InstanceStore;

beforeEach(() => {
  store = world.newStore();
});

const accrue = (hours: number): Promise<void> => store.spend.accrue(timestampFromMs(NOW + hours * HOUR), NEVER);
const spent = async (): Promise<number> => (await store.spend.read(TODAY)).spentByDay.get(TODAY) ?? 0;

describe('the meters in Redis', () => {
  it('keep sums for good and lists of instances for a time', async () => {
    await insert(store, metered());
    await accrue(1);
    const ttl = (key: string): Promise<number> => world.redis.ttl(`${TAG}:${key}`);
    expect(await ttl(`spend:day:${TODAY}`)).toBeGreaterThan(6 * DAY_SECONDS);
    expect(await ttl(`spend:day:${TODAY}`)).toBeLessThanOrEqual(7 * DAY_SECONDS);
    expect(await ttl(`spend:month:${monthOf(TODAY)}`)).toBeGreaterThan(99 * DAY_SECONDS);
    for (const key of ['spend:total', 'spend:booked', 'rates', 'meter:billing']) expect(await ttl(key)).toBe(-1);
  });

  it('leave nothing of a record that is gone but what it has cost', async () => {
    const record = await insert(store, metered());
    await accrue(1);
    await store.records.remove(record.id, 1);
    const left = (await world.redis.keys('*')).filter((key) => /meter|rates/.test(key));
    expect(left).toEqual([]);
    expect(await store.spend.byInstance({ kind: 'day', day: TODAY }, 9)).toEqual([{ id: record.id, usd: 1 }]);
  });

  it('take out what runs for no record, and go on', async () => {
    await world.redis.zadd(`${TAG}:meter:billing`, NOW - HOUR, 'ins_gone');
    const stopped = await insert(store, metered({ status: 'stopped' }));
    await world.redis.zadd(`${TAG}:meter:billing`, NOW - HOUR, stopped.id);
    await insert(store, metered());
    await accrue(1);
    expect(await spent()).toBe(1);
    expect(await world.redis.zcard(`${TAG}:meter:billing`)).toBe(1);
  });

  it('drop what an owner is bound to by a record that is gone, for a sum and for a cap', async () => {
    const owner = 'user:agent';
    const key = `${TAG}:commitments:${owner}`;
    const one = aNewInstance(metered({ createdBy: owner }));
    await world.redis.hset(key, 'inst_gone', '50000000');
    expect((await store.records.insert(one, { capUsdPerHour: 1 })).outcome).toBe('inserted');
    expect(await world.redis.hkeys(key)).toEqual([one.id]);
    await world.redis.hset(key, 'inst_gone', 'unpriced');
    expect(await store.spend.commitments(owner)).toEqual(new Map([[one.id, { usdPerHour: 1, endsMs: null }]]));
    expect(await world.redis.hkeys(key)).toEqual([one.id]);
  });

  it('start anew when one was lost', async () => {
    const record = await insert(store, metered());
    await world.redis.del(`${TAG}:meter:billing`);
    await write(store, { ...record, price: { usdPerHour: 2 } });
    await accrue(1);
    expect(await spent()).toBe(2);
  });

  it('bear a fleet that is dearer than any', async () => {
    const imports = Array.from({ length: 200 }, () => anImport(metered({ price: { usdPerHour: 1e9 } })));
    await store.records.insertMany(imports, UNDER);
    await accrue(24);
    expect(await spent()).toBeCloseTo(200 * 24 * 1e6, 0);
    expect((await store.spend.read(TODAY)).now.usdPerHour).toBe(2e8);
  });

  it('are accrued in batches that hold nobody up', async () => {
    for (let i = 0; i < 5; i++) {
      await store.records.insertMany(
        Array.from({ length: 200 }, () => anImport(metered())),
        UNDER,
      );
    }
    const runs: number[] = [];
    const connection = world.withScripts(async (run) => {
      const answer = await run();
      if (typeof answer === 'number') runs.push(answer);
      return answer;
    });
    await world.newStore({ connection }).spend.accrue(timestampFromMs(NOW + HOUR), NEVER);
    expect(runs).toEqual([200, 200, 200, 200, 200, 0, 0]);
    expect(await spent()).toBe(1_000);
  });
});
