import {
  type ChangeFeed,
  CorruptRecordError,
  type FeedEntry,
  type FeedListener,
  type FleetRead,
  FollowingChangeFeed,
  type InstanceRecord,
  type InstanceStore,
  isInstanceChange,
  MemoryChangeFeed,
  MemoryReadMarks,
  memoryStore,
  type ReadMarks,
  RedisChangeFeed,
  RedisReadMarks,
  redisStore,
  StoreAvailability,
  type StoredInstance,
  StoreUnavailableError,
  WatchCache,
} from '@app/instance-store';
import { HealthIndicatorRegistry, loadSettings } from '@app/platform';
import { IoRedisConnections, type LockKeeper, MemoryLockKeeper, RedisLockKeeper } from '@app/redis';
import { aNewInstance, FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FleetModel, modelRules, PATIENCE_MS, storedOf } from './fleet-model.js';
import { anImport, at, COMMAND, insert, novitaId, takeLock, write } from './harness.js';
import { idOf, LockHistory, NOVITA_IDS, operation, run } from './model-operations.js';

interface Ground {
  readonly store: InstanceStore;
  readonly feed: ChangeFeed;
  readonly marks: ReadMarks;
  readonly clock: FakeClock;
  readonly locks: LockKeeper;
}

/** Of the test that writes on one side and reads on the other; more by hand. */
const WRITES = 500;

type Options = { readonly feedLimit?: number };

let server: RedisFixture;
let connections: IoRedisConnections;
let prefixes = 0;
let keyPrefix = '';
const running: { stop: () => Promise<void> }[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  connections = new IoRedisConnections({ url: server.url, processName: 'test' });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ stop }) => stop()));
  vi.restoreAllMocks();
});
afterAll(async () => {
  await connections.close();
  await server.stop();
});

function inMemory({ feedLimit }: Options = {}): Ground {
  const clock = new FakeClock();
  const locks = new MemoryLockKeeper(clock);
  const feed = new MemoryChangeFeed(clock, feedLimit);
  const store = memoryStore(clock, { locks, feed, rules: modelRules(), confirmPatienceMs: PATIENCE_MS });
  return { store, feed, marks: new MemoryReadMarks(store.records, feed), clock, locks };
}

function inRedis({ feedLimit }: Options = {}): Ground {
  const clock = new FakeClock();
  keyPrefix = `watched-${++prefixes}`;
  const limit = feedLimit === undefined ? {} : { feedLimit };
  return {
    clock,
    store: redisStore(connections.commands, clock, {
      keyPrefix,
      rules: modelRules(),
      confirmPatienceMs: PATIENCE_MS,
      ...limit,
    }),
    feed: new RedisChangeFeed(connections, { keyPrefix, blockMs: 200, ...limit }),
    marks: new RedisReadMarks(connections.commands, keyPrefix),
    locks: new RedisLockKeeper(connections, keyPrefix),
  };
}

/** As a process keeps it that starts now. */
async function start(ground: Ground, mayFallBack = true, parts: Parts = {}): Promise<WatchCache> {
  const view = new FollowingChangeFeed(ground.feed, ground.clock);
  return (await startOver(ground, view, mayFallBack, parts)).cache;
}

interface Parts {
  readonly health?: HealthIndicatorRegistry;
  readonly metrics?: Registry;
}

/** @param view how the process follows the feed */
async function startOver<View extends FollowingChangeFeed>(
  { store, marks, clock }: Ground,
  view: View,
  mayFallBack = true,
  { health = new HealthIndicatorRegistry(), metrics = new Registry() }: Parts = {},
): Promise<{ cache: WatchCache; view: View }> {
  const settings = loadSettings({ NODE_ENV: 'test', REDIS_ENABLE_FALLBACK: String(mayFallBack) });
  const contact = new StoreAvailability(clock);
  const cache = new WatchCache(store.records, store.idle, marks, view, clock, health, contact, metrics, settings);
  running.push({
    stop: async () => {
      await cache.onApplicationShutdown();
      await contact.onApplicationShutdown();
      await view.onApplicationShutdown();
    },
  });
  cache.onModuleInit();
  await view.onApplicationBootstrap();
  return { cache, view };
}

type Fault = (typeof FAULTS)[number];
const FAULTS = ['none', 'none', 'miss', 'twice', 'late', 'corrupt', 'trim'] as const;

/** A follower whose listener gets entries otherwise than they are. */
class FaultyChangeFeed extends FollowingChangeFeed {
  fault: Fault = 'none';
  private held: FeedEntry | null = null;

  override subscribe(listener: FeedListener): () => void {
    return super.subscribe({
      entry: (entry) => this.pass(listener, entry),
      advanced: (position, unread) => {
        const corrupt =
          this.fault === 'corrupt' && this.held !== null && isInstanceChange(this.held) ? this.held : null;
        if (corrupt !== null) this.held = null;
        listener.advanced?.(position, corrupt === null ? unread : [...unread, corrupt.instanceId]);
      },
      lost: (position) => listener.lost(position),
      interrupted: (since) => listener.interrupted(since),
    });
  }

  private pass(listener: FeedListener, entry: FeedEntry): void {
    const { held } = this;
    switch (this.fault) {
      case 'miss':
        return;
      case 'twice':
        listener.entry(entry);
        listener.entry(entry);
        return;
      case 'trim':
        listener.lost(entry.entryId);
        return;
      case 'corrupt':
      case 'late':
        this.held = entry;
        if (held !== null) listener.entry(held);
        return;
      case 'none':
        listener.entry(entry);
        this.held = null;
        if (held !== null) listener.entry(held);
    }
  }
}

const names = async (cache: WatchCache): Promise<string[]> =>
  (await cache.list({ limit: 200, sort: 'name' })).instances.map(({ record }) => record.name);

describe.each([
  ['in memory', inMemory],
  ['in Redis', inRedis],
] as const)('the watch cache over a store %s', (_, make) => {
  it('holds what the store holds, after any operations, begun at any time', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 15 }),
        fc.array(operation, { minLength: 5, maxLength: 25, size: 'max' }),
        async (before, after) => {
          const ground = make();
          const model = new FleetModel(modelRules());
          const history = new LockHistory(ground.locks, model);
          await history.change(true);
          for (const step of before) await run(ground.store, model, history, step);
          const cache = await start(ground);
          for (const step of after) await run(ground.store, model, history, step);
          for (const sort of ['createdAt', '-createdAt'] as const) {
            const { instances, total } = await cache.list({ limit: 200, sort });
            expect({ instances, total }).toEqual({
              instances: model.list(sort).map(({ record, lastUsedAt }) => ({ record, lastUsedAt })),
              total: model.held.size,
            });
          }
          expect(cache.size).toBe(model.held.size);
          for (let slot = 0; slot < 10; slot++)
            expect(await cache.get(idOf(slot))).toEqual(readOf(model.stored(idOf(slot))));
          for (const id of NOVITA_IDS) {
            if (id === null) continue;
            const holder = model.records().find(({ record }) => record.novitaInstanceId === id) ?? null;
            expect(await cache.get(id)).toEqual(readOf(storedOf(holder)));
          }
          await running.pop()?.stop();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is right again by itself after entries that are missing, doubled, late, corrupt or trimmed', {
    timeout: 120_000,
  }, async () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...FAULTS), operation), {
      minLength: 5,
      maxLength: 25,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(steps, async (faulty) => {
        const ground = make();
        const model = new FleetModel(modelRules());
        const history = new LockHistory(ground.locks, model);
        await history.change(true);
        const { cache, view } = await startOver(ground, new FaultyChangeFeed(ground.feed, ground.clock));
        await cache.list({ limit: 1, sort: 'name' });
        for (const [fault, step] of faulty) {
          view.fault = fault;
          await run(ground.store, model, history, step);
          const latest = await ground.feed.latestId();
          await vi.waitFor(() => expect(view.position()).toBe(latest), { timeout: 5_000, interval: 1 });
        }
        view.fault = 'none';
        const expected = model.list('createdAt');
        await vi.waitFor(
          async () => {
            // As time goes on: what one comparison has found is made up for before the next.
            await cache.compareAll();
            const { instances, behindSince } = await cache.list({ limit: 200, sort: 'createdAt' });
            expect(behindSince).toBeNull();
            expect(instances).toEqual(expected.map(({ record, lastUsedAt }) => ({ record, lastUsedAt })));
          },
          { timeout: 10_000, interval: 20 },
        );
        await running.pop()?.stop();
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('shows every write and use that was acknowledged before the question, whoever made it', async () => {
    const ground = make();
    const caches = await Promise.all([start(ground), start(ground)]);
    let record = await insert(ground.store, { name: 'first' });
    for (let n = 0; n < WRITES; n++) {
      record = await write(ground.store, { ...record, name: `n${n}` });
      await ground.store.idle.touch(record.id, at(n));
      const expected = { record: { name: `n${n}`, revision: n + 2 }, lastUsedAt: at(n) };
      for (const cache of caches) {
        expect(await cache.get(record.id)).toMatchObject(expected);
        expect((await cache.list({ limit: 1, sort: 'name', name: `N${n}` })).instances).toMatchObject([expected]);
      }
    }
    await ground.store.records.remove(record.id, record.revision);
    for (const cache of caches) {
      expect(await cache.get(record.id)).toBeNull();
      expect(await names(cache)).toEqual([]);
    }
  });

  it('asks the store once for all reads of a turn, and answers equal lists with the same page', async () => {
    const ground = make();
    const records: InstanceRecord[] = [];
    for (const name of ['a', 'b', 'c']) records.push(await insert(ground.store, { name }));
    const cache = await start(ground);
    const first = await cache.list({ limit: 2, sort: 'name' });
    const asked = vi.spyOn(ground.marks, 'read');
    const reads = [
      ...records.map(({ id }) => cache.get(id)),
      cache.list({ limit: 2, sort: 'name' }),
      cache.list({ limit: 2, sort: 'name' }),
      cache.list({ limit: 200, sort: '-price' }),
    ] as const;
    const answers = await Promise.all(reads);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(answers[3]).toBe(first);
    expect(answers[4]).toBe(first);
  });

  it('reads the fleet again when the feed has lost entries', async () => {
    const ground = make({ feedLimit: 10 });
    const cache = await start(ground);
    await insert(ground.store, { name: 'a' });
    expect(await names(cache)).toEqual(['a']);
    // All at once, so that the reader comes too late.
    const hold = await takeLock(ground.locks);
    const many = Array.from({ length: 200 }, (__, n) => anImport({ novitaInstanceId: novitaId(`n${n}`), marker: '' }));
    await ground.store.records.insertMany(many, { hold });
    const { total } = await cache.list({ limit: 1, sort: 'name' });
    expect(total).toBe(201);
  });

  it('is complete when records came and went while it was being read', async () => {
    const ground = make();
    const hold = await takeLock(ground.locks);
    for (let batch = 0; batch < 5; batch++) {
      const many = Array.from({ length: 200 }, (__, n) =>
        anImport({ novitaInstanceId: novitaId(`n${batch}-${n}`), marker: '', name: `old${batch}-${n}` }),
      );
      await ground.store.records.insertMany(many, { hold });
    }
    const old = await ground.store.records.scan(null, 200);
    const [begun] = await Promise.all([
      start(ground),
      ...old.instances.slice(0, 50).map(({ record }) => ground.store.records.remove(record.id, record.revision)),
      ...old.instances
        .slice(50, 100)
        .map(({ record }) => ground.store.records.write({ ...record, name: 'new' }, COMMAND)),
      ...Array.from({ length: 50 }, () => ground.store.records.insert(aNewInstance({ name: 'added' }))),
    ]);
    expect((await begun.list({ limit: 1, sort: 'name' })).total).toBe(1_000);
    expect((await begun.list({ limit: 1, sort: 'name', name: 'new' })).total).toBe(50);
    expect((await begun.list({ limit: 1, sort: 'name', name: 'added' })).total).toBe(50);
  });
});

describe('the watch cache and a Redis in trouble', () => {
  it('reads anew what an entry tells that cannot be understood, and names what is damaged', async () => {
    vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const ground = inRedis();
    const cache = await start(ground);
    const record = await insert(ground.store, { name: 'a' });
    expect(await names(cache)).toEqual(['a']);
    const bare = connections.commands;
    const feed = `{${keyPrefix}}:changes`;
    await bare.xadd(feed, '*', 'type', 'instance.updated', 'id', record.id, 'revision', '2', 'doc', '{"oops');
    expect(await cache.get(record.id)).toMatchObject({ record: { revision: 1 } });
    await bare.xadd(feed, '*', 'type', 'instance.of_tomorrow', 'id', record.id);
    expect(await names(cache)).toEqual(['a']);
    await bare.hset(`{${keyPrefix}}:instance:${record.id}`, 'doc', '{"oops', 'version', '9-x');
    await bare.xadd(feed, '*', 'type', 'instance.updated', 'id', record.id, 'revision', '9', 'doc', '{"oops');
    await vi.waitFor(async () => expect(await names(cache)).toEqual([]));
    await expect(cache.get(record.id)).rejects.toThrow(CorruptRecordError);
    expect(cache.unreadable()).toEqual([record.id]);
  });

  it('counts what is damaged when it reads the fleet, until it is mended', async () => {
    vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const ground = inRedis();
    const health = new HealthIndicatorRegistry();
    const metrics = new Registry();
    const damaged = await insert(ground.store, { name: 'damaged' });
    await insert(ground.store, { name: 'good' });
    const key = `{${keyPrefix}}:instance:${damaged.id}`;
    const doc = await connections.commands.hget(key, 'doc');
    await connections.commands.hset(key, 'doc', '{"oops', 'version', '9-x');
    const cache = await start(ground, true, { health, metrics });
    expect(await names(cache)).toEqual(['good']);
    expect(cache.unreadable()).toEqual([damaged.id]);
    const [indicator] = health.all();
    expect(await indicator?.check({ signal: AbortSignal.timeout(1_000) })).toEqual({
      unreadable: 1,
      degraded: '1 stored record cannot be read',
    });
    expect(await metrics.metrics()).toContain('instances_unreadable 1');

    await connections.commands.hset(key, 'doc', doc ?? '', 'version', '1-x');
    cache.lost('1-0');
    await vi.waitFor(async () => expect(await names(cache)).toEqual(['damaged', 'good']));
    expect(cache.unreadable()).toEqual([]);
  });

  it('writes back what was lost with the data of Redis, and no read is without it', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const [cache, other] = await Promise.all([start(ground), start(ground)]);
    const losses = vi.fn<() => void>();
    cache.onDataLoss(losses);
    const record = await write(ground.store, await insert(ground.store, { name: 'a', status: 'ready' }));
    const removed = await insert(ground.store, { name: 'removed' });
    await ground.store.records.remove(removed.id, removed.revision);
    await ground.store.idle.touch(record.id, at(7));
    for (const one of [cache, other]) expect(await names(one)).toEqual(['a']);
    await cache.get(record.id);
    await connections.commands.flushall();
    for (let n = 0; n < 20; n++) {
      expect(await cache.get(record.id)).toMatchObject({ record, lastUsedAt: at(7) });
      expect(await names(cache)).toEqual(['a']);
      expect(await names(other)).toEqual(['a']);
    }
    await vi.waitFor(async () => expect(await cache.get(record.id)).toMatchObject({ behindSince: null }), 10_000);
    expect(await ground.store.records.get(record.id)).toEqual({ record, lastUsedAt: at(7) });
    expect(losses).toHaveBeenCalledTimes(1);
    await insert(ground.store, { name: 'b' });
    await vi.waitFor(async () => expect(await names(other)).toEqual(['a', 'b']), 5_000);
    expect(await names(cache)).toEqual(['a', 'b']);
  });

  it('has a record that a sync made meanwhile give way', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const cache = await start(ground);
    const desired = { state: 'stopped', at: at(1), by: 'user:a' } as const;
    const kept = await insert(ground.store, { name: 'kept', novitaInstanceId: novitaId('n1'), desired });
    expect(await names(cache)).toEqual(['kept']);
    const bySync = { state: 'running', at: at(9), by: 'sync' } as const;
    const again = { name: 'again', novitaInstanceId: novitaId('n1'), marker: '', desired: bySync };
    // Over one connection, one right after the other.
    await Promise.all([connections.commands.flushall(), insert(ground.store, again)]);
    await vi.waitFor(async () => {
      const { instances, behindSince } = await cache.list({ limit: 200, sort: 'name' });
      expect(behindSince).toBeNull();
      expect(instances.map(({ record }) => record)).toEqual([kept]);
    }, 10_000);
  });

  it('removes again what a backup brings back', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const cache = await start(ground);
    await insert(ground.store, { name: 'kept' });
    const removed = await insert(ground.store, { name: 'removed' });
    expect(await names(cache)).toEqual(['kept', 'removed']);
    const bare = connections.commands;
    const keys = await bare.keys(`{${keyPrefix}}:*`);
    const backup = await Promise.all(keys.map(async (key) => ({ key, dump: await bare.dumpBuffer(key) })));
    await ground.store.records.remove(removed.id, removed.revision);
    expect(await names(cache)).toEqual(['kept']);
    const back = bare.multi().flushall();
    for (const { key, dump } of backup) back.restore(key, 0, dump);
    await back.exec();
    await vi.waitFor(async () => {
      expect(await names(cache)).toEqual(['kept']);
      expect(await ground.store.records.get(removed.id)).toBeNull();
    }, 10_000);
  });

  it('sets a stop again that was lost and written over', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const cache = await start(ground);
    const before = await insert(ground.store, { name: 'a', desired: { state: 'running', at: at(1), by: 'user:a' } });
    const stop = { state: 'stopped', at: at(5), by: 'user:a' } as const;
    await write(ground.store, { ...before, desired: stop });
    expect(await names(cache)).toEqual(['a']);
    // As a server that comes back without its last moment, and a worker that writes what it has observed.
    const [bare, tag] = [connections.commands, `{${keyPrefix}}`];
    const doc = JSON.stringify({ ...before, revision: 3 });
    await bare.xdel(`${tag}:changes`, await ground.feed.latestId());
    await bare.hset(`${tag}:instance:${before.id}`, 'doc', doc, 'version', '3-another');
    await vi.waitFor(async () => {
      expect(await cache.get(before.id)).toMatchObject({ record: { desired: stop, revision: 4 }, behindSince: null });
    }, 10_000);
    expect(await ground.store.records.get(before.id)).toMatchObject({ record: { desired: stop, confirmedAt: null } });
  });

  it('finds out that the store is away also when nobody reads', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const cache = await start(ground);
    await names(cache);
    vi.spyOn(ground.marks, 'read').mockRejectedValue(new StoreUnavailableError('away'));
    cache.interrupted(at(1));
    await vi.waitFor(() => expect(cache.storeAwaySince()).not.toBeNull());
  });

  it('answers as it knew the fleet when the store goes away while it is read anew', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const cache = await start(ground);
    const record = await insert(ground.store, { name: 'a' });
    expect(await names(cache)).toEqual(['a']);
    for (const method of ['scan', 'get'] as const) {
      vi.spyOn(ground.store.records, method).mockRejectedValue(new StoreUnavailableError('away'));
    }
    vi.spyOn(ground.marks, 'read').mockRejectedValue(new StoreUnavailableError('away'));
    cache.lost('1-0');
    expect(await cache.get(record.id)).toMatchObject({ record, behindSince: expect.any(String) as string });
    expect(await cache.list({ limit: 1, sort: 'name' })).toMatchObject({
      total: 1,
      behindSince: expect.any(String) as string,
    });
  });

  it('takes answers that wake in another order for no loss of data', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = await filled(inRedis(), 300);
    const cache = await start(ground);
    await vi.waitFor(async () => expect((await cache.list({ limit: 1, sort: 'name' })).total).toBe(300), 10_000);
    let record = await insert(ground.store, { name: 'written' });
    const writes = (async () => {
      for (let n = 0; n < 200; n++) record = await write(ground.store, { ...record, name: `n${n}` });
    })();
    for (let round = 0; round < 60; round++) {
      const wide = (['name', '-name', 'price'] as const).map((sort) => cache.list({ limit: 200, sort }));
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([...wide, cache.list({ limit: 1, sort: 'region' }), cache.get(record.id)]);
    }
    await writes;
    expect(warn).not.toHaveBeenCalled();
  });

  it('reads the fleet again when an outage ends at a feed that has lost its end', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const cache = await start(ground);
    const record = await insert(ground.store, { name: 'a' });
    await insert(ground.store, { name: 'b' });
    expect(await names(cache)).toEqual(['a', 'b']);
    // As a server that comes back with an older state: another record under the same revision, and no end of the feed.
    const [bare, tag] = [connections.commands, `{${keyPrefix}}`];
    const doc = JSON.stringify({ ...record, name: 'c' });
    await bare.hset(`${tag}:instance:${record.id}`, 'doc', doc, 'version', '1-another');
    const latest = await ground.feed.latestId();
    await bare.xdel(`${tag}:changes`, latest);
    const incarnation = await ground.marks.incarnation();
    // Nobody has read what was lost, so no mark tells of it.
    vi.spyOn(ground.marks, 'read').mockImplementation(async (ids) => ({
      position: latest,
      incarnation,
      lastUsed: ids.map(() => null),
    }));
    expect(await names(cache)).toEqual(['a', 'b']);
    cache.interrupted(null);
    await vi.waitFor(async () => expect(await names(cache)).toEqual(['b', 'c']), 5_000);
  });

  it('says that the store is away where nothing else is wanted', async () => {
    const ground = inRedis();
    const cache = await start(ground, false);
    const record = await insert(ground.store, { name: 'a' });
    expect(await names(cache)).toEqual(['a']);
    vi.spyOn(ground.marks, 'read').mockRejectedValue(new StoreUnavailableError('away'));
    await expect(cache.get(record.id)).rejects.toThrow(StoreUnavailableError);
    await expect(cache.list({ limit: 1, sort: 'name' })).rejects.toThrow(StoreUnavailableError);
  });

  it.each([
    ['refuses', () => Promise.reject(new StoreUnavailableError('away'))],
    ['is silent', () => new Promise<never>(() => undefined)],
  ])('goes on from memory while the store %s, says since when, and knows when it is back', async (_, answer) => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const cache = await start(ground);
    const record = await insert(ground.store, { name: 'a' });
    await ground.store.idle.touch(record.id, at(7));
    const contact = ground.clock.timestamp();
    expect(await names(cache)).toEqual(['a']);
    expect(await cache.get(record.id)).toMatchObject({ lastUsedAt: at(7), behindSince: null });
    ground.clock.advance(60_000);
    const away = vi.spyOn(ground.marks, 'read').mockImplementation(answer);
    const waits: number[] = [];
    for (let n = 0; n < 5; n++) {
      const started = performance.now();
      expect(await cache.get(record.id)).toEqual({ record, lastUsedAt: at(7), behindSince: contact });
      expect(await cache.list({ limit: 1, sort: 'name' })).toMatchObject({ total: 1, behindSince: contact });
      waits.push(performance.now() - started);
    }
    // Two that wait, and then none: once it is known, nobody waits. One of them shows it, whatever else the machine does.
    expect(Math.min(...waits.slice(2))).toBeLessThan(250);
    // It may exist: somebody else may have made it since.
    await expect(cache.get(novitaId('unknown'))).rejects.toThrow(StoreUnavailableError);
    away.mockRestore();
    await write(ground.store, { ...record, name: 'b' });
    await vi.waitFor(async () => expect(await cache.get(record.id)).toMatchObject({ behindSince: null }), 5_000);
    expect(await cache.get(record.id)).toMatchObject({ record: { name: 'b' }, behindSince: null });
  });
});

/** A store with so many records. */
async function filled(ground: Ground, count: number): Promise<Ground> {
  const hold = await takeLock(ground.locks);
  for (let from = 0; from < count; from += 100) {
    const many = Array.from({ length: 100 }, (_, n) =>
      anImport({ novitaInstanceId: novitaId(`f${from + n}`), marker: '' }),
    );
    await ground.store.records.insertMany(many, { hold });
  }
  return ground;
}

function readOf(stored: StoredInstance | null): FleetRead | null {
  return stored === null ? null : { ...stored, behindSince: null };
}
