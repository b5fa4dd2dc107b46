import { type InstanceRecord, RECORD_SCHEMA, RecordQuarantine, RedisChangeFeed } from '@app/instance-store';
import { QuarantineHandlers, type Sighting } from '@app/redis';
import { Logger } from '@nestjs/common';
import { beforeEach, expect, it, vi } from 'vitest';
import { anImport, at, insert, novitaId, read, write } from './harness.js';
import { RedisUnderTest, TAG, UNDER } from './redis-harness.js';

const world = new RedisUnderTest();
const seen: Sighting[] = [];

beforeEach(() => {
  vi.spyOn(Logger.prototype, 'error').mockReturnValue();
  seen.length = 0;
});

it('damaged records are reported by what they are, wherever they are met, and no reason holds a value', async () => {
  const store = world.newStore();
  const [bad, newer] = [await insert(store), await insert(store)];
  await damage(bad, '{"name":"secret-value","id":');
  await damage(newer, JSON.stringify({ ...newer, schema: RECORD_SCHEMA + 1 }));
  const fresh = world.newStore({ onUnreadable: (sighting: Sighting) => seen.push(sighting) });
  expect((await fresh.records.scan(null, 10)).skipped?.toSorted()).toEqual([bad.id, newer.id].toSorted());
  expect(await fresh.records.getMany([bad.id, newer.id])).toEqual([]);
  await expect(fresh.records.get(bad.id)).rejects.toThrow('not JSON');
  expect(seen.filter(({ where }) => where === bad.id).map(({ kind }) => kind)).toEqual(['record', 'record', 'record']);
  expect(seen.filter(({ where }) => where === newer.id).map(({ kind }) => kind)).toEqual([
    'record-newer',
    'record-newer',
  ]);
  expect(seen.map(({ reason }) => reason).join()).not.toContain('secret-value');
});

it('the document of another instance under a key is none of that key', async () => {
  const store = world.newStore();
  const [one, other] = [await insert(store), await insert(store)];
  await damage(one, JSON.stringify(other));
  await expect(world.newStore().records.get(one.id)).rejects.toThrow('another instance');
});

it('the instance of a damaged record is not imported under another id, by its id or by its marker', async () => {
  const store = world.newStore();
  const bad = await insert(store, { novitaInstanceId: novitaId('n1'), status: 'ready' });
  await damage(bad, 'null');
  const fresh = world.newStore();
  const byId = anImport({ novitaInstanceId: novitaId('n1') });
  const byMarker = anImport({ novitaInstanceId: novitaId('n2'), marker: bad.marker, origin: 'adopted' });
  expect(await fresh.records.insertMany([byId, byMarker], UNDER)).toEqual([false, false]);
  expect((await fresh.records.counts()).total).toBe(1);
});

it('a record that was restored is read again by every process, and one that nobody can read may be removed', async () => {
  const store = world.newStore();
  const bad = await insert(store, { name: 'mine', novitaInstanceId: novitaId('n1'), status: 'ready' });
  const doc = (await world.redis.hget(`${TAG}:instance:${bad.id}`, 'doc')) ?? '';
  await damage(bad, doc.slice(0, 40));
  const { records } = world.newStore();
  const handler = new RecordQuarantine(records, new QuarantineHandlers());
  expect(await handler.retry(bad.id)).toBe('unreadable');
  await damage(bad, doc);
  expect(await handler.retry(bad.id)).toBe('readable');
  expect((await world.entries()).at(-1)).toMatchObject({ type: 'instance.updated', instanceId: bad.id, revision: 2 });
  expect(await handler.discard(bad.id)).toContain('can be read again');
  await damage(bad, '[]');
  const fresh = world.newStore();
  expect(await new RecordQuarantine(fresh.records, new QuarantineHandlers()).discard(bad.id)).toBeNull();
  expect(await handler.retry(bad.id)).toBe('gone');
  expect((await fresh.records.counts()).total).toBe(0);
  // Nothing refers to it any more.
  const again = await insert(fresh, { novitaInstanceId: novitaId('n1'), marker: bad.marker });
  expect((await read(fresh, again.id)).record).toEqual(again);
});

it('a record of a later release, or one without its index entry, is not removed', async () => {
  const store = world.newStore();
  const [newer, lost] = [await insert(store), await insert(store)];
  await damage(newer, JSON.stringify({ ...newer, schema: RECORD_SCHEMA + 1 }));
  await damage(lost, '{}');
  await world.redis.hset(`${TAG}:instance:${lost.id}`, 'index', '{"oops');
  const handler = new RecordQuarantine(world.newStore().records, new QuarantineHandlers());
  expect(await handler.discard(newer.id)).toContain('later release');
  expect(await handler.discard(lost.id)).toContain('from a backup');
  expect(await world.redis.exists(`${TAG}:instance:${newer.id}`, `${TAG}:instance:${lost.id}`)).toBe(2);
});

it('what the index of a record says spoils neither the deadlines of others nor their restoration', async () => {
  const store = world.newStore({ confirmPatienceMs: 1_000 });
  const stopping = { desired: { state: 'stopped', at: at(-900), by: 'user:test' } } as const;
  const [good, bad] = [await insert(store, stopping), await insert(store, stopping)];
  await world.redis.hset(`${TAG}:instance:${bad.id}`, 'index', '{"desired":"sto');
  const fresh = world.newStore({ onUnreadable: (sighting: Sighting) => seen.push(sighting) });
  expect(await fresh.deadlines.emitUnconfirmed([bad.id, good.id])).toBe(1);
  const later = [bad, good].map((record) => ({ record: { ...record, revision: 5 }, lastUsedAt: null }));
  expect(await fresh.records.restore(later)).toBe(1);
  expect(seen.map(({ kind, where, text }) => [kind, where, text])).toEqual([
    ['record', bad.id, '{"desired":"sto'],
    ['record', bad.id, '{"desired":"sto'],
  ]);
});

it('what a later release wrote is not written over by the memory of an earlier one', async () => {
  const store = world.newStore();
  const record = await insert(store);
  await damage(record, JSON.stringify({ ...record, schema: RECORD_SCHEMA + 1 }));
  const before = await world.redis.hgetall(`${TAG}:instance:${record.id}`);
  const restored = await world.newStore().records.restore([{ record: { ...record, revision: 9 }, lastUsedAt: null }]);
  expect(restored).toBe(0);
  expect(await world.redis.hgetall(`${TAG}:instance:${record.id}`)).toEqual(before);
});

it('entries of the feed that cannot be read are left out and reported, those of a new type as one thing', async () => {
  const store = world.newStore();
  const connections = { commands: world.redis, dedicated: () => world.redis, mayReadInfo: true };
  const keyPrefix = TAG.slice(1, -1);
  const feed = new RedisChangeFeed(connections, { keyPrefix, onUnreadable: (sighting) => seen.push(sighting) });
  const from = await feed.latestId();
  const add = (...fields: string[]) => world.redis.xadd(`${TAG}:changes`, '*', ...fields);
  const record = await insert(store);
  const torn = await add('type', 'instance.ready', 'id', record.id, 'revision', '2', 'doc', '{"id":"ins_', 'at', at(0));
  const fleet = await add('type', 'sync.started', 'at', at(0), 'data', '{"pass');
  const none = await add('id', record.id);
  for (let i = 0; i < 20; i++) await add('type', 'instance.hibernated', 'id', record.id, 'at', at(i));
  await write(store, record);
  const types = (await feed.after(from, 100))?.map(({ type }) => type);
  expect(types).toEqual(['instance.created', 'instance.updated']);
  const places = new Map(seen.map((sighting) => [sighting.where, sighting]));
  expect([...places.keys()]).toEqual([torn, fleet, none, 'entries of the type instance.hibernated']);
  expect(places.get(torn ?? '')?.text).toContain('"doc":{"id":"ins_');
  expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set(['feed-entry']));
});

async function damage(record: InstanceRecord, doc: string): Promise<void> {
  await world.redis.hset(`${TAG}:instance:${record.id}`, 'doc', doc);
}
