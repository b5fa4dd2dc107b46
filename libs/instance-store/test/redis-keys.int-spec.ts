import { type InstanceRecord, type InstanceStore } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { beforeEach, describe, expect, it } from 'vitest';
import { anImport, at, insert, novitaId, read, scannedIds, write } from './harness.js';
import { LOCK, RedisUnderTest, TAG, UNDER } from './redis-harness.js';

const world = new RedisUnderTest();
let store: InstanceStore;

beforeEach(() => {
  store = world.newStore();
});

describe('keys', () => {
  it('all share one hash tag, and records have no end of their own', async () => {
    const record = await insert(store, { novitaInstanceId: novitaId('n1'), deadlines: { purgeAt: at(1) } });
    await write(store, { ...record, status: 'ready' });
    await store.idle.touch(record.id, at(1));
    const keys = await world.redis.keys('*');
    expect(keys.filter((key) => !key.startsWith(`${TAG}:`))).toEqual([]);
    expect(await world.redis.ttl(`${TAG}:instance:${record.id}`)).toBe(-1);
  });

  it('of an emitted unconfirmed stop last 48 hours', async () => {
    const desired = { state: 'stopped', at: at(0), by: 'user:a' } as const;
    const { id } = await insert(world.newStore({ confirmPatienceMs: -1 }), { status: 'stopping', desired });
    expect(await store.deadlines.emitUnconfirmed([id])).toBe(1);
    const emitted = `${TAG}:told:unconfirmed-${id}-${Date.UTC(2026, 0, 1)}`;
    expect(await world.redis.ttl(emitted)).toBeGreaterThan(47 * 3_600);
    expect(await world.redis.ttl(emitted)).toBeLessThanOrEqual(48 * 3_600);
  });

  it('of a removed record are gone, the feed and the stream of uses aside', async () => {
    const overrides = { novitaInstanceId: novitaId('n1'), deadlines: { purgeAt: at(1) }, status: 'ready' } as const;
    const record = await insert(store, overrides);
    const desired = { state: 'stopped', at: at(0), by: 'user:a' } as const;
    const stopping = await insert(store, { status: 'stopping', desired });
    await store.records.remove(stopping.id, 1);
    await store.idle.touch(record.id, at(1), 'user:a');
    const entry = { at: at(2), kind: 'decision', by: 'auto-stop', reason: 'used lately' } as const;
    await store.audit.append([{ id: record.id, entry }]);
    await warn(record);
    await store.records.remove(record.id, 1);
    await store.records.insertMany(
      [anImport({ novitaInstanceId: novitaId('n2'), deadlines: { purgeAt: at(1) } })],
      UNDER,
    );
    await store.records.insertMany([anImport({ novitaInstanceId: novitaId('n3'), marker: '-nfttm' })], UNDER);
    for (const stored of await store.records.getManyByNovitaId(['n2', 'n3'].map(novitaId))) {
      await store.records.remove(stored.record.id, 1, UNDER);
    }
    await world.redis.del(LOCK);
    expect((await world.redis.keys('*')).toSorted()).toEqual([`${TAG}:changes`, `${TAG}:uses`]);
  });

  it('hold what insert and insertMany write in the same form', async () => {
    const overrides = { novitaInstanceId: novitaId('n1'), marker: '-nfttm', deadlines: { purgeAt: at(1) } };
    const { record } = anImport({ ...overrides, origin: 'adopted' });
    await store.records.insert(record);
    await world.redis.del(`${TAG}:ledger:${record.id}`);
    const one = await dump();
    await store.records.remove(record.id, 1);
    await world.redis.del(`${TAG}:changes`, `${TAG}:counts`);
    await store.records.insertMany([{ record, digest: '' }], UNDER);
    expect(await dump()).toEqual(one);
  });

  it('are read and written by reads and touches no more often in a large fleet than in a small one', async () => {
    await fill(0, 60);
    await costOfReading(at(1));
    const small = await costOfReading(at(2));
    await fill(60, 2_000);
    expect(await costOfReading(at(3))).toBe(small);
  });
});

describe('what an older version wrote', () => {
  it('gets its place in groups, counts, listing digests and idle deadlines by the next write, or by a note', async () => {
    const [first, second] = [
      await insert(store, { novitaInstanceId: novitaId('n1') }),
      await insert(store, { novitaInstanceId: novitaId('n2') }),
    ];
    for (const { id } of [first, second]) {
      await world.redis.hdel(`${TAG}:instance:${id}`, 'state');
      const key = `${TAG}:instance:${id}`;
      const {
        group: _,
        discovered: __,
        desired: _____,
        meter: ______,
        rate: _______,
        product: ________,
        ...index
      } = JSON.parse((await world.redis.hget(key, 'index')) ?? '');
      const {
        schema: _________,
        missingSince: ___,
        ignored: ____,
        ...document
      } = JSON.parse((await world.redis.hget(key, 'doc')) ?? '');
      await world.redis.hset(key, 'index', JSON.stringify(index), 'doc', JSON.stringify(document));
    }
    await world.redis.del(`${TAG}:pictures`, `${TAG}:rates`, `${TAG}:meter:billing`);
    store = world.newStore();
    expect((await read(store, first.id)).record).toEqual(first);
    await store.digests.note([{ id: second.id, revision: 1, digest: 'p' }], UNDER);
    expect(await store.digests.of([novitaId('n1'), novitaId('n2')])).toEqual([null, 'p']);
    expect(await store.idle.touch(second.id, at(1))).toMatchObject({ status: 'creating', moved: true });
    await store.idle.reindex([second.id]);
    const ready = await write(store, { ...second, status: 'ready' });
    expect(await store.deadlines.due('autoStopAt', at(9_999), 10)).toEqual([second.id]);
    await write(store, { ...ready, desired: { state: 'stopped', at: at(5), by: 'user:a' } });
    expect((await store.audit.entries(second.id, 10)).map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['wish', 'running', 'stopped'],
      ['status', 'creating', 'ready'],
      ['status', undefined, 'creating'],
      ['wish', undefined, 'running'],
    ]);
    await write(store, { ...first, origin: 'discovered' });
    expect((await store.records.counts()).discovered).toBe(1);
    expect(await scannedIds(store)).toEqual(['n1', 'n2']);
    await store.records.remove(first.id, 2);
    await store.records.remove(second.id, 3);
    expect((await world.redis.keys('*')).toSorted()).toEqual([`${TAG}:changes`, LOCK, `${TAG}:uses`].toSorted());
  });
});

/** As ready since its making, and used at the first second. */
async function warn({ id }: InstanceRecord): Promise<void> {
  const warning = { id, revision: 1, lastUsedAt: at(1), idleSince: at(1), stopAt: at(1_201), reason: 'idle' };
  expect(await store.idle.warn(warning)).toBe('warned');
}

/** Commands that Redis carries out for one of each that must not depend on the size of the fleet. */
async function costOfReading(usedAt: Timestamp): Promise<number> {
  const before = await commandsSoFar();
  const page = await world.newStore().records.scan(null, 50, ['ready', 'stopped']);
  await world.newStore().records.findByName('n1', 50);
  const first = page.instances[0]?.record.id;
  if (first === undefined) throw new Error('an empty page');
  await store.idle.touch(first, usedAt);
  await store.idle.lastUsedBy(first);
  await store.audit.entries(first, 50);
  await store.deadlines.due('autoStopAt', at(9), 50);
  await store.records.get(first);
  await store.records.counts();
  await store.deadlines.due('startupBy', at(9), 50);
  await store.deadlines.dueCount('startupBy', at(9));
  await store.spend.read(20_454);
  await store.spend.byInstance({ kind: 'day', day: 20_454 }, 50);
  await store.digests.of([novitaId('n1'), novitaId('n2')]);
  await store.digests.count();
  await world.newStore().records.getManyByNovitaId([novitaId('n1'), novitaId('n2')]);
  return (await commandsSoFar()) - before;
}

/** Commands that Redis has carried out, those inside scripts included. */
async function commandsSoFar(): Promise<number> {
  const info = await world.redis.info('commandstats');
  const calls = [...info.matchAll(/cmdstat_(?!info)\S+:calls=(\d+)/g)].map(([, n]) => Number(n));
  return calls.reduce((sum, n) => sum + n, 0);
}

async function fill(from: number, to: number): Promise<void> {
  const overrides = { status: 'ready', deadlines: { startupBy: at(1) }, spec: { region: 'R1' } } as const;
  await Promise.all(
    Array.from({ length: to - from }, (_, i) => {
      const name = `n${from + i}`;
      return insert(store, { ...overrides, name, novitaInstanceId: novitaId(name) });
    }),
  );
}

/** Everything that is kept but the feed's own ids and the nonces of versions. */
async function dump(): Promise<Record<string, unknown>> {
  const dumped: Record<string, unknown> = {};
  for (const key of (await world.redis.keys('*')).toSorted()) {
    const type = await world.redis.type(key);
    if (type === 'zset') dumped[key] = await world.redis.zrange(key, '0', '-1', 'WITHSCORES');
    if (type === 'stream') dumped[key] = (await world.redis.xrange(key, '-', '+')).map(([, fields]) => fields);
    if (type === 'hash') {
      const fields = await world.redis.hgetall(key);
      dumped[key] = { ...fields, version: fields['version']?.split('-')[0] };
    }
  }
  return dumped;
}
