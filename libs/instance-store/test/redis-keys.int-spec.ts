import {
  CorruptRecordError,
  type InstanceRecord,
  type NovitaInstanceId,
  RedisInstanceStore,
  StoreUnavailableError,
} from '@app/instance-store';
import { IoRedisConnections, type Timestamp } from '@app/platform';
import { aNewInstance, anInstance, FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { at, COMMAND, insert, read, write } from './harness.js';
import { allPages } from './list.conformance.js';

let server: RedisFixture;
let redis: Redis;
let store: RedisInstanceStore;
const PREFIX = 'fleet-under-test';
const TAG = `{${PREFIX}}`;

const newStore = (connection: Redis = redis, prefixBound = 1_000): RedisInstanceStore =>
  new RedisInstanceStore(connection, new FakeClock(), { keyPrefix: PREFIX, prefixBound });

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  redis = new Redis(server.url);
});

beforeEach(async () => {
  await redis.flushall();
  store = newStore();
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

describe('keys', () => {
  it('all share one hash tag, and records have no end of their own', async () => {
    const record = await insert(store, { novitaInstanceId: 'n1' as NovitaInstanceId, deadlines: { purgeAt: at(1) } });
    await write(store, { ...record, status: 'ready' });
    await store.touch(record.id, at(1));
    const keys = await redis.keys('*');
    expect(keys.filter((key) => !key.startsWith(`${TAG}:`))).toEqual([]);
    expect(await redis.ttl(`${TAG}:instance:${record.id}`)).toBe(-1);
  });

  it('of a removed record are gone, the feed and the counters aside', async () => {
    const record = await insert(store, { novitaInstanceId: 'n1' as NovitaInstanceId, deadlines: { purgeAt: at(1) } });
    await store.touch(record.id, at(1));
    await store.remove(record.id, 1);
    expect((await redis.keys('*')).toSorted()).toEqual([`${TAG}:changes`, `${TAG}:counts`]);
  });

  it('are read and written by reads and touches no more often in a large fleet than in a small one', async () => {
    await fill(0, 60);
    await costOfReading(at(1));
    const small = await costOfReading(at(2));
    await fill(60, 2_000);
    expect(await costOfReading(at(3))).toBe(small);
  });
});

describe('a name prefix in order of creation', () => {
  it('is answered in short pages when it matches more than is looked at for one', async () => {
    for (let i = 0; i < 60; i++) {
      await insert(store, { name: i < 30 ? `web-${i}` : `job-${i}`, timestamps: { created: at(i) } });
    }
    const pages = await allPages(newStore(redis, 10), { limit: 4, sort: '-createdAt', namePrefix: 'web' });
    const expected = Array.from({ length: 30 }, (_, i) => `web-${29 - i}`);
    expect(pages.flat().map(({ name }) => name)).toEqual(expected);
    expect(pages[0]).toEqual([]);
    const gathered = await allPages(store, { limit: 4, sort: '-createdAt', namePrefix: 'web' });
    expect(gathered.flat().map(({ name }) => name)).toEqual(expected);
    expect(gathered).toHaveLength(8);
  });
});

describe('a record that was damaged', () => {
  it('is left out of lists, with a line in the log, and named by get', async () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const good = await insert(store, { name: 'n-good' });
    const bad = await insert(store, { name: 'n-bad', novitaInstanceId: 'n1' as NovitaInstanceId });
    for (const doc of ['{"id":', '[]', 'null', JSON.stringify({ ...bad, status: 'exploded' }), '{}', '']) {
      await damage(bad, doc);
      const page = await store.list({ limit: 10, sort: 'name' });
      expect(page.instances.map(({ record }) => record)).toEqual([good]);
      expect(await store.getMany([bad.id, good.id])).toHaveLength(1);
      expect(await store.findByName('n-bad', 5)).toEqual([]);
      expect(log).toHaveBeenCalledTimes(3);
      log.mockClear();
      await expect(store.get(bad.id)).rejects.toBeInstanceOf(CorruptRecordError);
      await expect(store.get('n1' as NovitaInstanceId)).rejects.toBeInstanceOf(CorruptRecordError);
      await expect(store.findByMarker(bad.marker)).rejects.toBeInstanceOf(CorruptRecordError);
    }
  });

  it('can be touched and written over', async () => {
    const bad = await insert(store);
    await damage(bad, '{"id":');
    expect((await store.touch(bad.id, at(1))).outcome).toBe('touched');
    expect((await write(store, bad)).revision).toBe(2);
    expect((await read(store, bad.id)).lastUsedAt).toBe(at(1));
  });

  it('in its time stamps only is read without those, with a warning for it alone', async () => {
    const log = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const good = await insert(store, { name: 'a' });
    const bad = await insert(store, { name: 'b' });
    const timestamps = { created: at(0), started: 'Invalid Date', ready: null, stopped: at(1) };
    await damage(bad, JSON.stringify({ ...bad, timestamps, observedAt: 'NaN', deadlines: { startupBy: null } }));
    const page = await store.list({ limit: 10, sort: 'name' });
    const repaired = { ...bad, timestamps: { created: at(0), stopped: at(1) }, deadlines: {} };
    expect(page.instances.map(({ record }) => record)).toEqual([good, repaired]);
    expect(log.mock.calls).toEqual(
      ['timestamps.started', 'timestamps.ready', 'deadlines.startupBy', 'observedAt'].map((field) => [
        `instance ${bad.id}: ${field} is not a time stamp: dropped`,
      ]),
    );
  });

  it('spoils neither the feed nor the records after it', async () => {
    const record = await insert(store);
    await redis.xadd(
      `${TAG}:changes`,
      '*',
      'type',
      'instance.ready',
      'id',
      record.id,
      'revision',
      2,
      'at',
      at(0),
      'doc',
      '{',
    );
    await write(store, record);
    expect((await store.changesAfter('0', 10)).map(({ type }) => type)).toEqual([
      'instance.created',
      'instance.updated',
    ]);
  });
});

describe('a list', () => {
  it('leaves out what ceased to match while its document was fetched', async () => {
    const [first, second] = [await insert(store, { status: 'ready' }), await insert(store, { status: 'ready' })];
    let isFirstRun = true;
    const interrupted = withScripts(async (run) => {
      const answer = await run();
      if (isFirstRun) await write(store, { ...first, status: 'stopping' });
      isFirstRun = false;
      return answer;
    });
    const page = await newStore(interrupted).list({ limit: 10, sort: 'name', statuses: ['ready'] });
    expect(page.instances.map(({ record }) => record)).toEqual([second]);
  });
});

describe('what is remembered', () => {
  it('is not used once another process has written', async () => {
    const other = newStore();
    const first = await insert(store);
    expect((await read(other, first.id)).record).toEqual(first);
    const second = await write(store, { ...first, status: 'starting' });
    expect((await read(other, first.id)).record).toEqual(second);
    expect((await other.list({ limit: 1, sort: 'name' })).instances[0]?.record).toEqual(second);
    expect((await other.getMany([first.id]))[0]?.record).toEqual(second);
  });

  it('is not used for a revision that was lost with Redis and written anew', async () => {
    const key = `${TAG}:instance:`;
    const first = await insert(store);
    const saved = await redis.hgetall(key + first.id);
    await write(store, { ...first, status: 'failed' });
    await redis.hset(key + first.id, saved);
    const anew = await write(newStore(), { ...first, status: 'starting' });
    expect(anew.revision).toBe(2);
    expect((await read(store, first.id)).record.status).toBe('starting');
  });
});

describe('Redis', () => {
  it('may forget all scripts', async () => {
    const record = await insert(store);
    await redis.script('FLUSH');
    expect((await read(store, record.id)).record).toEqual(record);
    await redis.script('FLUSH');
    await Promise.all(Array.from({ length: 10 }, (_, i) => store.touch(record.id, at(i))));
    expect((await read(store, record.id)).lastUsedAt).toBe(at(9));
  });

  it('may get a write twice when the first answer was lost', async () => {
    const twice = withScripts(async (run) => {
      await run();
      return run();
    });
    const repeating = newStore(twice);
    const record = await insert(repeating);
    const written = await repeating.write({ ...record, status: 'starting' }, COMMAND);
    expect(written).toMatchObject({ outcome: 'written', stored: { record: { revision: 2, status: 'starting' } } });
    expect(await store.changesAfter('0', 10)).toHaveLength(2);
    expect((await repeating.insert(aNewInstance({ id: record.id }))).outcome).toBe('exists');
  });

  it("keeps a script's own error as it is", async () => {
    await redis.set(`${TAG}:by-marker`, 'not a hash');
    await expect(store.insert(aNewInstance())).rejects.toThrow(/WRONGTYPE/);
    await expect(store.insert(aNewInstance())).rejects.not.toBeInstanceOf(StoreUnavailableError);
  });

  it('refusing to write because it is full counts as away, and nothing is half written', async () => {
    const record = await insert(store);
    await redis.config('SET', 'maxmemory', '1');
    try {
      await expect(store.write({ ...record, status: 'ready' }, COMMAND)).rejects.toBeInstanceOf(StoreUnavailableError);
      await expect(store.insert(aNewInstance())).rejects.toBeInstanceOf(StoreUnavailableError);
    } finally {
      await redis.config('SET', 'maxmemory', '0');
    }
    expect((await read(store, record.id)).record).toEqual(record);
    expect((await store.counts()).total).toBe(1);
  });

  it('being away fails every call within two seconds, with the cause, and being back mends it', async () => {
    const ownServer = await startRedis();
    const connections = new IoRedisConnections({ url: ownServer.url, processName: 'test' });
    try {
      const away = newStore(connections.commands);
      const record = await insert(away);
      await ownServer.kill();
      const began = performance.now();
      const calls = [
        away.get(record.id),
        away.get('n1' as NovitaInstanceId),
        away.getMany([record.id]),
        away.findByName('n', 1),
        away.findByMarker('m'),
        away.list({ limit: 1, sort: 'name' }),
        away.counts(),
        away.touch(record.id, at(1)),
        away.due('purgeAt', at(1), 1),
        away.changesAfter('0', 1),
        away.insert(aNewInstance()),
        away.write(anInstance(), COMMAND),
        away.remove(record.id, 1),
      ];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailableError' } });
        expect(result.status === 'rejected' && (result.reason as Error).cause).toBeInstanceOf(Error);
      }
      expect(performance.now() - began).toBeLessThan(2_000);
      await ownServer.start();
      await vi.waitFor(() => away.counts(), { timeout: 5_000 });
      expect(await away.get(record.id)).toBeNull();
    } finally {
      await connections.close();
      await ownServer.stop();
    }
  });
});

/** Commands that Redis carries out for one of each that must not depend on the size of the fleet. */
async function costOfReading(usedAt: Timestamp): Promise<number> {
  const before = await commandsSoFar();
  const page = await newStore().list({
    limit: 50,
    sort: '-createdAt',
    statuses: ['ready', 'stopped'],
    region: 'R1',
  });
  await newStore().list({ limit: 50, sort: 'name', namePrefix: 'n' });
  const first = page.instances[0]?.record.id;
  if (first === undefined) throw new Error('an empty page');
  await store.touch(first, usedAt);
  await store.get(first);
  await store.counts();
  await store.due('startupBy', at(9), 50);
  return (await commandsSoFar()) - before;
}

/** Commands that Redis has carried out, those inside scripts included. */
async function commandsSoFar(): Promise<number> {
  const info = await redis.info('commandstats');
  const calls = [...info.matchAll(/cmdstat_(?!info)\S+:calls=(\d+)/g)].map(([, n]) => Number(n));
  return calls.reduce((sum, n) => sum + n, 0);
}

async function fill(from: number, to: number): Promise<void> {
  const overrides = { status: 'ready', deadlines: { startupBy: at(1) }, spec: { region: 'R1' } } as const;
  await Promise.all(Array.from({ length: to - from }, (_, i) => insert(store, { ...overrides, name: `n${from + i}` })));
}

/** The connection, with something done around each run of a script. */
function withScripts(around: (run: () => Promise<unknown>) => Promise<unknown>): Redis {
  return new Proxy(redis, {
    get: (target, property) => {
      if (property !== 'evalsha' && property !== 'eval') return Reflect.get(target, property) as unknown;
      return (...args: [string, number, ...string[]]) => around(() => target[property](...args));
    },
  });
}

/** Puts another document in place of a record's own, unseen by any store. */
async function damage(record: InstanceRecord, doc: string): Promise<void> {
  await redis.hset(`${TAG}:instance:${record.id}`, 'doc', doc);
  store = newStore();
}
