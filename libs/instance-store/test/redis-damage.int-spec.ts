import { CorruptRecordError, type InstanceRecord, type InstanceStore } from '@app/instance-store';
import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { at, insert, novitaId, read, write } from './harness.js';
import { RedisUnderTest, TAG } from './redis-harness.js';

const world = new RedisUnderTest();
let store: InstanceStore;

beforeEach(() => {
  store = world.newStore();
});

describe('a record that was damaged', () => {
  it('is left out of lists, with a line in the log, and named by get', async () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const good = await insert(store, { name: 'n-good' });
    const bad = await insert(store, { name: 'n-bad', novitaInstanceId: novitaId('n1') });
    for (const doc of ['{"id":', '[]', 'null', JSON.stringify({ ...bad, status: 'exploded' }), '{}', '']) {
      await damage(bad, doc);
      const page = await store.records.scan(null, 10);
      expect(page.instances.map(({ record }) => record)).toEqual([good]);
      expect(await store.records.getMany([bad.id, good.id])).toHaveLength(1);
      expect(await store.records.findByName('n-bad', 5)).toEqual([]);
      expect(log).toHaveBeenCalledTimes(3);
      log.mockClear();
      await expect(store.records.get(bad.id)).rejects.toBeInstanceOf(CorruptRecordError);
      await expect(store.records.get(novitaId('n1'))).rejects.toBeInstanceOf(CorruptRecordError);
      await expect(store.records.findByMarker(bad.marker)).rejects.toBeInstanceOf(CorruptRecordError);
    }
  });

  it('can be touched and written over', async () => {
    const bad = await insert(store);
    await damage(bad, '{"id":');
    expect((await store.idle.touch(bad.id, at(1))).outcome).toBe('touched');
    expect((await write(store, bad)).revision).toBe(2);
    expect((await read(store, bad.id)).lastUsedAt).toBe(at(1));
  });

  it('does not cost others the uses that are reported with its own', async () => {
    const [good, bad, other] = [await insert(store), await insert(store), await insert(store)];
    await world.redis.hdel(`${TAG}:instance:${bad.id}`, 'state');
    await world.redis.hset(`${TAG}:instance:${bad.id}`, 'index', '{"oops');
    const answers = await Promise.allSettled([good, bad, other].map(({ id }) => store.idle.touch(id, at(7))));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    for (const { id } of [good, other]) expect((await read(store, id)).lastUsedAt).toBe(at(7));
  });

  it('in its time stamps only is read without those, with a warning for it alone', async () => {
    const log = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const good = await insert(store, { name: 'a' });
    const bad = await insert(store, { name: 'b' });
    const timestamps = { created: at(0), started: 'Invalid Date', ready: null, stopped: at(1) };
    await damage(bad, JSON.stringify({ ...bad, timestamps, observedAt: 'NaN', deadlines: { startupBy: null } }));
    const page = await store.records.scan(null, 10);
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
    await world.redis.xadd(
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
    expect((await world.entries()).map(({ type }) => type)).toEqual(['instance.created', 'instance.updated']);
  });
});

/** Puts another document in place of a record's own, unseen by any store. */
async function damage(record: InstanceRecord, doc: string): Promise<void> {
  await world.redis.hset(`${TAG}:instance:${record.id}`, 'doc', doc);
  store = world.newStore();
}
