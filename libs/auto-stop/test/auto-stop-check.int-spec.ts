import {
  BEFORE_FIRST_ENTRY,
  type FeedEntry,
  type InstanceRecord,
  type InstanceStore,
  RedisChangeFeed,
  redisStore,
} from '@app/instance-store';
import { IoRedisConnections } from '@app/redis';
import { type FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { RedisAutoStopStatsStore } from '../src/stats/auto-stop-stats-store.js';
import { MINUTE, minutes, RULES } from './fakes/an-idle-instance.js';
import { CheckWorld } from './fakes/check-world.js';

let server: RedisFixture;
let redis: Redis;
let connections: IoRedisConnections;
let prefix: string;
let prefixes = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  redis = new Redis(server.url);
  connections = new IoRedisConnections({ url: server.url, processName: 'test' });
});

afterAll(async () => {
  redis.disconnect();
  await connections.close();
  await server.stop();
});

beforeEach(() => {
  prefix = `test-${prefixes++}`;
});

const storeOf = (clock: FakeClock): InstanceStore =>
  redisStore(connections.commands, clock, { keyPrefix: prefix, rules: RULES });

/** One worker process; several share the fleet. */
const aWorker = (store = storeOf): CheckWorld =>
  new CheckWorld({ store, stats: new RedisAutoStopStatsStore(connections, prefix) });

const announced = async (): Promise<readonly FeedEntry[]> =>
  (await new RedisChangeFeed(connections, { keyPrefix: prefix }).after(BEFORE_FIRST_ENTRY, 1_000)) ?? [];

async function addMany(world: CheckWorld, count: number): Promise<readonly InstanceRecord[]> {
  return Promise.all(Array.from({ length: count }, () => world.add()));
}

/** Every key with its value; of hashes the fields in order, since Redis keeps them in any. */
async function everything(): Promise<ReadonlyMap<string, string>> {
  const keys = (await redis.keys(`*${prefix}*`)).toSorted();
  const values = await Promise.all(
    keys.map(async (key) => {
      if ((await redis.type(key)) !== 'hash') return (await redis.dumpBuffer(key)).toString('base64');
      const fields = Object.entries(await redis.hgetall(key));
      return JSON.stringify(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    }),
  );
  return new Map(keys.map((key, index) => [key, values[index] ?? '']));
}

async function commandsOf(act: () => Promise<unknown>): Promise<number> {
  await redis.config('RESETSTAT');
  await act();
  const stats = await redis.info('commandstats');
  const calls = [...stats.matchAll(/^cmdstat_(?!config|info)[^:]+:calls=(\d+)/gm)];
  return calls.reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('checks of several workers', () => {
  it('claim each of 200 idle instances exactly once', async () => {
    const [first, second] = [aWorker(), aWorker()];
    const records = await addMany(first, 200);
    const reports = await Promise.all([first.run(), second.run(), first.run(), second.run()]);
    expect(reports.reduce((sum, { stopped }) => sum + stopped, 0)).toBe(200);
    expect(reports.every(({ failed }) => failed === 0)).toBe(true);
    const changes = await announced();
    const stopping = changes.flatMap((change) => (change.type === 'instance.stopping' ? [change.instanceId] : []));
    expect(stopping).toHaveLength(200);
    expect(new Set(stopping)).toEqual(new Set(records.map(({ id }) => id)));
    expect((await first.stats.read()).totals.stopped).toBe(200);
    expect([...first.queue.enqueued, ...second.queue.enqueued]).toHaveLength(200);
  });

  it('warn each instance once', async () => {
    const [first, second] = [aWorker(), aWorker()];
    for (let n = 0; n < 50; n++) await first.add({ timestamps: { ready: minutes(-16) } });
    const reports = await Promise.all([first.run(), second.run()]);
    expect(reports.reduce((sum, { warned }) => sum + warned, 0)).toBe(50);
    const changes = await announced();
    expect(changes.filter(({ type }) => type === 'instance.auto_stop_warning')).toHaveLength(50);
  });
});

describe('a use in the same moment as the claim', () => {
  it('wins when it comes first', async () => {
    const world = aWorker();
    const { idle } = world.store;
    const claim = idle.claim.bind(idle);
    vi.spyOn(idle, 'claim').mockImplementation(async (next, basis) => {
      const touched = await idle.touch(next.id, minutes(0), 'user:gateway');
      expect(touched).toMatchObject({ moved: true, status: 'ready' });
      return claim(next, basis);
    });
    const record = await world.add();
    expect((await world.run()).verdicts[0]).toMatchObject({ outcome: 'used-meanwhile' });
    const stored = await world.store.records.get(record.id);
    expect(stored).toMatchObject({ record: { status: 'ready', desired: { state: 'running' }, revision: 1 } });
    expect(await world.store.deadlines.due('autoStopAt', minutes(14.9), 10)).toEqual([]);
    expect(await world.store.deadlines.due('autoStopAt', minutes(15), 10)).toEqual([record.id]);
  });

  it('loses when it comes second, and gets that answer', async () => {
    const world = aWorker();
    const record = await world.add();
    await world.run();
    const touched = await world.store.idle.touch(record.id, minutes(0), 'user:gateway');
    expect(touched).toMatchObject({ status: 'stopping' });
    expect(await world.store.records.get(record.id)).toMatchObject({
      record: { status: 'stopping', desired: { state: 'stopped', by: 'auto-stop' } },
    });
    expect(await world.due()).toEqual([]);
  });

  it('never comes out half, whatever the order', async () => {
    const [first, second] = [aWorker(), aWorker()];
    const records = await addMany(first, 100);
    const uses = records.map(async ({ id }, index) => {
      if (index % 3 === 0) await redis.ping();
      return first.store.idle.touch(id, minutes(0), 'user:gateway');
    });
    const [touched] = await Promise.all([Promise.all(uses), first.run(), second.run()]);
    for (const [index, result] of touched.entries()) {
      const stored = await first.store.records.get(records[index]?.id ?? records[0]!.id);
      const answered = result.outcome === 'touched' ? result.status : 'missing';
      expect([answered, stored?.record.status, stored?.record.desired.state]).toEqual(
        answered === 'ready' ? ['ready', 'ready', 'running'] : ['stopping', 'stopping', 'stopped'],
      );
    }
  });
});

describe('a check costs what is due, not what exists', () => {
  it('takes five commands of Redis at most when nothing is due', async () => {
    const world = aWorker();
    const records = await addMany(world, 300);
    await Promise.all(records.map(({ id }) => world.store.idle.touch(id, minutes(0))));
    await world.run();
    expect(await commandsOf(() => world.run())).toBeLessThan(6);
  });

  it('is not kept from anything by reading all that can be read', async () => {
    const world = aWorker();
    const { id, novitaInstanceId } = await world.add();
    for (let round = 0; round < 10; round++) {
      await world.store.records.get(id);
      await world.store.records.get(novitaInstanceId ?? id);
      await world.store.records.getMany([id]);
      await world.store.records.scan(null, 200);
      await world.store.records.counts();
      await announced();
      await world.store.audit.entries(id, 10);
      await world.store.deadlines.due('autoStopAt', minutes(0), 10);
      await world.run({ dryRun: true });
    }
    expect(await world.run()).toMatchObject({ stopped: 1 });
  });
});

describe('a dry run', () => {
  it('leaves every key as it is', async () => {
    const world = aWorker();
    await addMany(world, 3);
    await world.add({ timestamps: { ready: minutes(-16) } });
    await world.store.idle.touch((await world.add()).id, minutes(-30), 'user:gateway');
    const before = await everything();
    expect(await world.run({ dryRun: true })).toMatchObject({ checked: 5, eligible: 4, stopped: 0, warned: 0 });
    expect(await everything()).toEqual(before);
  });
});

describe('a record that cannot be read', () => {
  it('is counted as failed, once at each check, and holds up nobody', async () => {
    const world = aWorker();
    const bad = await world.add();
    await world.add();
    await redis.hset(`{${prefix}}:instance:${bad.id}`, 'doc', 'not JSON', 'version', '1-changed');
    const other = aWorker();
    expect(await other.run()).toMatchObject({ checked: 2, stopped: 1, failed: 1 });
    expect(await other.run()).toMatchObject({ checked: 1, stopped: 0, failed: 1 });
  });
});

describe('stops that endpoints hold, in Redis', () => {
  const isHeld = ({ record }: { record: InstanceRecord }): boolean => record.stopHold?.ended === null;

  /** Instances whose stops are held by one worker, and whose holds are over. */
  async function held(count: number): Promise<readonly [CheckWorld, CheckWorld, readonly InstanceRecord['id'][]]> {
    const [one, other] = [aWorker(), aWorker()];
    for (const worker of [one, other]) worker.holders.endpointIds = ['whe_a'];
    const ids = (await addMany(one, count)).map(({ id }) => id);
    expect(await one.run()).toMatchObject({ eligible: count, stopped: 0 });
    expect((await one.store.records.getMany(ids)).filter(isHeld)).toHaveLength(count);
    for (const worker of [one, other]) worker.clock.advance(2 * MINUTE);
    return [one, other, ids];
  }

  const goOn = async ({ store, heldStops }: CheckWorld, id: InstanceRecord['id']): Promise<void> => {
    const stored = await store.records.get(id);
    if (stored !== null) await heldStops.goOn(stored, AbortSignal.timeout(10_000));
  };

  it('are written once by workers that go on with them at the same time', async () => {
    const [one, other, ids] = await held(10);
    await Promise.all(ids.flatMap((id) => [goOn(one, id), goOn(other, id)]));
    const stored = await one.store.records.getMany(ids);
    expect(stored.map(({ record }) => record.stopHold?.ended?.outcome)).toEqual(ids.map(() => 'timed-out'));
    expect(stored.every(({ record }) => record.status === 'stopping')).toBe(true);
    const types = (await announced()).map(({ type }) => type);
    for (const type of ['instance.stop_pending', 'instance.stopping', 'instance.stop_hold_ended']) {
      expect(types.filter((each) => each === type)).toHaveLength(10);
    }
    expect((await one.stats.read()).totals.stopped).toBe(10);
    expect(await one.store.deadlines.due('holdUntil', minutes(1e6), 10)).toEqual([]);
  });

  it('and uses at the same time: one of them is first, and the hold is over in any case', async () => {
    const [one, other, ids] = await held(20);
    const use = (id: InstanceRecord['id']) => other.store.idle.touch(id, other.clock.timestamp(), 'user:gateway');
    await Promise.all(ids.flatMap((id, n) => (n % 2 === 0 ? [goOn(one, id), use(id)] : [use(id), goOn(one, id)])));
    for (const { record } of await one.store.records.getMany(ids)) {
      const outcome = record.stopHold?.ended?.outcome;
      expect(outcome).toBe(record.desired.state === 'stopped' ? 'timed-out' : 'called-off');
      expect(record.deadlines.holdUntil).toBeUndefined();
    }
  });
});
