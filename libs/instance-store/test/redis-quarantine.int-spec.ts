import { type InstanceRecord, RECORD_SCHEMA, RecordQuarantine } from '@app/instance-store';
import { QuarantineHandlers, type Sighting } from '@app/redis';
import { Logger } from '@nestjs/common';
import { beforeEach, expect, it, vi } from 'vitest';
import { anImport, insert, novitaId, read } from './harness.js';
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
  expect(seen.filter(({ where }) => where === newer.id).map(({ kind }) => kind)).toEqual(['record-newer', 'record-newer']);
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

async function damage(record: InstanceRecord, doc: string): Promise<void> {
  await world.redis.hset(`${TAG}:instance:${record.id}`, 'doc', doc);
}
