import { CorruptRecordError, type InstanceRecord, StoreUnavailableError } from '@app/instance-store';
import { HealthIndicatorRegistry, MetricsRegistry } from '@app/platform';
import { Logger } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { anImport, at, insert, novitaId, takeLock, write } from './harness.js';
import { type Ground, names, WatchWorld } from './watch-cache-harness.js';

const world = new WatchWorld();
const { inRedis, start, startWhole } = world;

describe('the watch cache and a Redis in trouble', () => {
  it('reads a record again whose entry cannot be understood, and names what is damaged', async () => {
    vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const ground = inRedis();
    const cache = await start(ground);
    const record = await insert(ground.store, { name: 'a' });
    expect(await names(cache)).toEqual(['a']);
    const bare = world.connections.commands;
    const feed = `{${world.keyPrefix}}:changes`;
    await bare.xadd(feed, '*', 'type', 'instance.updated', 'id', record.id, 'revision', '2', 'doc', '{"oops');
    expect(await cache.get(record.id)).toMatchObject({ record: { revision: 1 } });
    await bare.xadd(feed, '*', 'type', 'instance.of_tomorrow', 'id', record.id);
    expect(await names(cache)).toEqual(['a']);
    await bare.hset(`{${world.keyPrefix}}:instance:${record.id}`, 'doc', '{"oops', 'version', '9-x');
    await bare.xadd(feed, '*', 'type', 'instance.updated', 'id', record.id, 'revision', '9', 'doc', '{"oops');
    await vi.waitFor(async () => expect(await names(cache)).toEqual([]));
    await expect(cache.get(record.id)).rejects.toThrow(CorruptRecordError);
    expect(cache.unreadable()).toEqual([record.id]);
  });

  it('counts what is damaged when it reads the fleet, until it is mended', async () => {
    vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const ground = inRedis();
    const health = new HealthIndicatorRegistry();
    const metrics = new MetricsRegistry(null);
    const damaged = await insert(ground.store, { name: 'damaged' });
    await insert(ground.store, { name: 'good' });
    const key = `{${world.keyPrefix}}:instance:${damaged.id}`;
    const doc = await world.connections.commands.hget(key, 'doc');
    await world.connections.commands.hset(key, 'doc', '{"oops', 'version', '9-x');
    const { cache, updates } = await startWhole(ground, true, { health, metrics });
    expect(await names(cache)).toEqual(['good']);
    expect(cache.unreadable()).toEqual([damaged.id]);
    const [indicator] = health.all();
    expect(await indicator?.check({ signal: AbortSignal.timeout(1_000) })).toEqual({
      unreadable: 1,
      degraded: '1 stored record cannot be read',
    });
    const shown = await metrics.metrics();
    expect(shown).toContain('novita_fleet_instances_unreadable 1');
    expect(shown).toContain('novita_fleet_watch_cache_instances 1');
    expect(shown).toContain('novita_fleet_watch_cache_lag_seconds 0');

    await world.connections.commands.hset(key, 'doc', doc ?? '', 'version', '1-x');
    updates.lost('1-0');
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
    await world.connections.commands.flushall();
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
    await Promise.all([world.connections.commands.flushall(), insert(ground.store, again)]);
    await vi.waitFor(async () => {
      const { instances, behindSince } = await cache.list({ limit: 200, sort: 'name' });
      expect(behindSince).toBeNull();
      expect(instances.map(({ record }) => record)).toEqual([kept]);
    }, 10_000);
  });

  it('keeps every id when a sync fills an emptied store before the caches do, and never lists an instance twice', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const caches = await Promise.all([start(ground), start(ground)]);
    const desired = { state: 'running', at: at(1), by: 'user:a' } as const;
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    const nameOf = (n: number): string => `i${String(n).padStart(3, '0')}`;
    const kept: InstanceRecord[] = [];
    for (const n of numbers) {
      const marker = `-nfab12${String(n).padStart(10, '0')}`;
      kept.push(await insert(ground.store, { name: nameOf(n), novitaInstanceId: novitaId(`n${n}`), marker, desired }));
    }
    for (const cache of caches) await vi.waitFor(async () => expect((await cache.counts()).total).toBe(300), 10_000);
    const bySync = { state: 'running', at: at(9), by: 'sync' } as const;
    const second = kept.map(({ name, novitaInstanceId, marker }) =>
      anImport({ name, novitaInstanceId, marker, origin: 'adopted', desired: bySync }),
    );
    const totals = new Set<number>();
    const watching = new AbortController();
    const watched = caches.map(async (cache) => {
      while (!watching.signal.aborted) totals.add((await cache.list({ limit: 200, sort: 'name' })).total);
    });
    await world.connections.commands.flushall();
    const hold = await takeLock(ground.locks);
    for (let from = 0; from < 300; from += 100) {
      await ground.store.records.insertMany(second.slice(from, from + 100), { hold });
    }
    for (const cache of caches) {
      await vi.waitFor(async () => {
        const { behindSince, total } = await cache.list({ limit: 200, sort: 'name' });
        expect({ behindSince, total }).toEqual({ behindSince: null, total: 300 });
      }, 20_000);
    }
    watching.abort();
    await Promise.all(watched);
    expect([...totals]).toEqual([300]);
    const held = await ground.store.records.getMany(kept.slice(0, 200).map(({ id }) => id));
    const rest = await ground.store.records.getMany(kept.slice(200).map(({ id }) => id));
    expect([...held, ...rest].map(({ record }) => record)).toEqual(kept);
    expect((await ground.store.records.counts()).total).toBe(300);
  });

  it('removes again what a backup brings back', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const cache = await start(ground);
    await insert(ground.store, { name: 'kept' });
    const removed = await insert(ground.store, { name: 'removed' });
    expect(await names(cache)).toEqual(['kept', 'removed']);
    const bare = world.connections.commands;
    const keys = await bare.keys(`{${world.keyPrefix}}:*`);
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
    const [bare, tag] = [world.connections.commands, `{${world.keyPrefix}}`];
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
    const { cache, updates } = await startWhole(ground);
    await names(cache);
    vi.spyOn(ground.marks, 'read').mockRejectedValue(new StoreUnavailableError('away'));
    updates.interrupted(at(1));
    await vi.waitFor(() => expect(cache.storeAwaySince()).not.toBeNull());
  });

  it('answers as it knew the fleet when the store goes away while it is read anew', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const ground = inRedis();
    const { cache, updates } = await startWhole(ground);
    const record = await insert(ground.store, { name: 'a' });
    expect(await names(cache)).toEqual(['a']);
    for (const method of ['scan', 'get'] as const) {
      vi.spyOn(ground.store.records, method).mockRejectedValue(new StoreUnavailableError('away'));
    }
    vi.spyOn(ground.marks, 'read').mockRejectedValue(new StoreUnavailableError('away'));
    updates.lost('1-0');
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
    const { cache, updates } = await startWhole(ground);
    const record = await insert(ground.store, { name: 'a' });
    await insert(ground.store, { name: 'b' });
    expect(await names(cache)).toEqual(['a', 'b']);
    // As a server that comes back with an older state: another record under the same revision, and no end of the feed.
    const [bare, tag] = [world.connections.commands, `{${world.keyPrefix}}`];
    const doc = JSON.stringify({ ...record, name: 'c' });
    await bare.hset(`${tag}:instance:${record.id}`, 'doc', doc, 'version', '1-another');
    const latest = await ground.feed.latestId();
    await bare.xdel(`${tag}:changes`, latest);
    const incarnation = await ground.marks.incarnation();
    // Nobody has read what was lost, so no mark reveals it.
    vi.spyOn(ground.marks, 'read').mockImplementation(async (ids) => ({
      position: latest,
      incarnation,
      lastUsed: ids.map(() => null),
    }));
    expect(await names(cache)).toEqual(['a', 'b']);
    updates.interrupted(null);
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
