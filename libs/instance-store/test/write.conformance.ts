import { IdentityTakenError, type InstanceId, type InstanceRecord, type NovitaInstanceId } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { aNewInstance, anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { withCost } from '../src/plan/cost.js';
import { at, COMMAND, entriesOf, insert, type MakeStore, read, write } from './harness.js';

const NOVITA_ID = 'a1b2c3d4e5f60718' as NovitaInstanceId;
const UNKNOWN = 'ins_00000000000000000000000000' as InstanceId;

export function writeConformance(makeStore: MakeStore): void {
  it('gives back what was inserted, by either id, with revision 1', async () => {
    const { store, clock } = makeStore();
    const wanted = aNewInstance({
      novitaInstanceId: NOVITA_ID,
      name: 'träning-日本-😀',
      deadlines: { startupBy: at(600) },
      spec: { envs: [{ key: 'TOKEN', value: 'a"b\\c\n' }] },
    });
    const result = await store.records.insert(wanted);
    const record = withCost({ ...wanted, revision: 1 }, clock.now());
    expect(result).toEqual({ outcome: 'inserted', stored: { record, lastUsedAt: null } });
    expect(await store.records.get(wanted.id)).toEqual({ record, lastUsedAt: null });
    expect(await store.records.get(NOVITA_ID)).toEqual(await store.records.get(wanted.id));
    expect(await store.records.findByMarker(wanted.marker)).toEqual(await store.records.get(wanted.id));
  });

  it('knows nothing of what was never inserted', async () => {
    const { store } = makeStore();
    expect(await store.records.get(UNKNOWN)).toBeNull();
    expect(await store.records.get(NOVITA_ID)).toBeNull();
    expect(await store.records.findByMarker('-nfttnothing')).toBeNull();
    expect(await store.records.findByName('nothing', 10)).toEqual([]);
    expect(await store.idle.touch(UNKNOWN, at(1))).toEqual({ outcome: 'missing' });
    expect(await store.idle.touch(NOVITA_ID, at(1))).toEqual({ outcome: 'missing' });
    expect(await store.records.write(anInstance({ id: UNKNOWN }), COMMAND)).toEqual({ outcome: 'missing' });
    expect(await store.records.remove(UNKNOWN, 1)).toBe('missing');
    expect((await store.records.counts()).total).toBe(0);
  });

  it('hands out a frozen record, the same object for the same revision', async () => {
    const { store } = makeStore();
    const { id } = await insert(store);
    const first = await read(store, id);
    expect(Object.isFrozen(first.record)).toBe(true);
    expect(Object.isFrozen(first.record.spec)).toBe(true);
    expect((await read(store, id)).record).toBe(first.record);
    await store.idle.touch(id, at(1));
    expect((await read(store, id)).record).toBe(first.record);
    const written = await write(store, { ...first.record, status: 'starting' });
    expect((await read(store, id)).record).toBe(written);
    expect(written).not.toBe(first.record);
  });

  it('is not changed through the object that was handed in', async () => {
    const { store } = makeStore();
    const envs = [{ key: 'A', value: '1' }];
    const { id } = await insert(store, { spec: { envs } });
    envs.push({ key: 'B', value: '2' });
    expect((await read(store, id)).record.spec.envs).toEqual([{ key: 'A', value: '1' }]);
  });

  describe('insert', () => {
    it('refuses an id, a marker or a provider id that is taken, naming the holder', async () => {
      const { store } = makeStore();
      const holder = await insert(store, { novitaInstanceId: NOVITA_ID });
      for (const taken of [{ id: holder.id }, { marker: holder.marker }, { novitaInstanceId: NOVITA_ID }]) {
        expect({ taken, result: await store.records.insert(aNewInstance(taken)) }).toEqual({
          taken,
          result: { outcome: 'exists', current: { record: holder, lastUsedAt: null } },
        });
      }
      expect((await store.records.counts()).total).toBe(1);
    });

    it('takes any number of records without a marker, a provider id or a name of their own', async () => {
      const { store } = makeStore();
      await insert(store, { marker: '', name: 'same' });
      await insert(store, { marker: '', name: 'same' });
      expect(await store.records.findByName('same', 10)).toHaveLength(2);
      expect(await store.records.findByMarker('')).toBeNull();
    });
  });

  describe('write', () => {
    it('counts the revision up and keeps last-used', async () => {
      const { store } = makeStore();
      const first = await insert(store);
      await store.idle.touch(first.id, at(5));
      const result = await store.records.write({ ...first, status: 'starting' }, COMMAND);
      const record = { ...first, status: 'starting', revision: 2 };
      expect(result).toEqual({ outcome: 'written', stored: { record, lastUsedAt: at(5) } });
      expect(await store.records.get(first.id)).toEqual({ record, lastUsedAt: at(5) });
    });

    it('refuses a stale revision and answers what stands there', async () => {
      const { store } = makeStore();
      const first = await insert(store);
      const second = await write(store, { ...first, status: 'starting' });
      const result = await store.records.write({ ...first, status: 'failed' }, COMMAND);
      expect(result).toEqual({ outcome: 'stale', current: { record: second, lastUsedAt: null } });
      expect((await read(store, first.id)).record.status).toBe('starting');
    });

    it('refuses an observation older than the desired state, whatever revision it names', async () => {
      const { store } = makeStore();
      const first = await insert(store, { status: 'ready', novitaInstanceId: NOVITA_ID });
      const stopping = await write(store, {
        ...first,
        status: 'stopping',
        desired: { state: 'stopped', at: at(100), by: 'user:test' },
      });
      const observe = (record: InstanceRecord, observedAt: Timestamp) =>
        store.records.write({ ...record, status: 'running' }, { kind: 'observation', observedAt });

      expect(await observe(stopping, at(99.999))).toEqual({
        outcome: 'outdated-observation',
        current: { record: stopping, lastUsedAt: null },
      });
      expect((await observe(first, at(99))).outcome).toBe('outdated-observation');
      expect((await observe(first, at(101))).outcome).toBe('stale');
      expect((await read(store, first.id)).record).toEqual(stopping);
      expect((await observe(stopping, at(100))).outcome).toBe('written');
    });

    it('moves the look-ups', async () => {
      const { store } = makeStore();
      const first = await insert(store, { name: 'old', marker: '-nfttold' });
      const second = await write(store, { ...first, novitaInstanceId: NOVITA_ID, name: 'new', marker: '-nfttnew' });
      expect((await store.records.get(NOVITA_ID))?.record).toEqual(second);
      expect(await store.records.findByName('old', 10)).toEqual([]);
      expect(await store.records.findByName('new', 10)).toHaveLength(1);
      expect(await store.records.findByMarker('-nfttold')).toBeNull();
      await write(store, { ...second, novitaInstanceId: 'ffff' as NovitaInstanceId });
      expect(await store.records.get(NOVITA_ID)).toBeNull();
      expect((await store.records.get('ffff' as NovitaInstanceId))?.record.revision).toBe(3);
    });

    it('refuses the provider id and the marker of another record', async () => {
      const { store } = makeStore();
      const holder = await insert(store, { novitaInstanceId: NOVITA_ID });
      const other = await insert(store);
      for (const taken of [{ novitaInstanceId: NOVITA_ID }, { marker: holder.marker }]) {
        await expect(store.records.write({ ...other, ...taken }, COMMAND)).rejects.toBeInstanceOf(IdentityTakenError);
      }
      expect((await read(store, other.id)).record).toEqual(other);
      expect((await store.records.get(NOVITA_ID))?.record).toEqual(holder);
    });
  });

  describe('remove', () => {
    it('takes the record out of everything, and its names become free', async () => {
      const { store } = makeStore();
      const record = await insert(store, { novitaInstanceId: NOVITA_ID, deadlines: { purgeAt: at(1) } });
      await store.idle.touch(record.id, at(9));
      expect(await store.records.remove(record.id, 2)).toBe('stale');
      expect(await store.records.remove(record.id, 1)).toBe('removed');
      expect(await store.records.remove(record.id, 1)).toBe('missing');
      expect(await store.records.get(record.id)).toBeNull();
      expect(await store.records.get(NOVITA_ID)).toBeNull();
      expect(await store.records.findByMarker(record.marker)).toBeNull();
      expect(await store.records.findByName(record.name, 1)).toEqual([]);
      expect(await store.deadlines.due('purgeAt', at(2), 10)).toEqual([]);
      expect((await store.records.counts()).total).toBe(0);
      expect(await store.records.scan(null, 10)).toEqual({ instances: [], nextCursor: null });

      expect((await insert(store, record)).revision).toBe(1);
      expect((await read(store, record.id)).lastUsedAt).toBeNull();
    });
  });

  describe('touch', () => {
    it('moves last-used forward and never back, by either id', async () => {
      const { store } = makeStore();
      const { id } = await insert(store, { novitaInstanceId: NOVITA_ID });
      expect(await store.idle.touch(id, at(10))).toEqual({
        outcome: 'touched',
        id,
        lastUsedAt: at(10),
        moved: true,
        status: 'creating',
      });
      expect(await store.idle.touch(NOVITA_ID, at(9))).toEqual({
        outcome: 'touched',
        id,
        lastUsedAt: at(10),
        moved: false,
        status: 'creating',
      });
      expect(await store.idle.touch(id, at(10))).toEqual({
        outcome: 'touched',
        id,
        lastUsedAt: at(10),
        moved: false,
        status: 'creating',
      });
      expect(await store.idle.touch(NOVITA_ID, at(11))).toEqual({
        outcome: 'touched',
        id,
        lastUsedAt: at(11),
        moved: true,
        status: 'creating',
      });
      expect((await read(store, id)).lastUsedAt).toBe(at(11));
      expect((await store.records.scan(null, 1)).instances[0]?.lastUsedAt).toBe(at(11));
      expect((await store.records.getMany([id]))[0]?.lastUsedAt).toBe(at(11));
    });

    it('writes neither a revision nor a change', async () => {
      const { store, feed } = makeStore();
      const record = await insert(store);
      await store.idle.touch(record.id, at(10));
      expect((await read(store, record.id)).record.revision).toBe(1);
      expect(await entriesOf(feed, 10)).toHaveLength(1);
    });
  });

  it('reads many at once, in the order asked for, leaving out the missing', async () => {
    const { store } = makeStore();
    const records = [await insert(store), await insert(store), await insert(store)];
    const [a, b, c] = records.map(({ id }) => id) as [InstanceId, InstanceId, InstanceId];
    const found = await store.records.getMany([c, UNKNOWN, a, b]);
    expect(found.map(({ record }) => record.id)).toEqual([c, a, b]);
    expect(await store.records.getMany([])).toEqual([]);
    const more = await Promise.all(Array.from({ length: 450 }, () => insert(store)));
    const wanted = more.map(({ id }) => id).toReversed();
    expect((await store.records.getMany(wanted)).map(({ record }) => record.id)).toEqual(wanted);
  });

  it('drops an invalid or null time stamp of one record and keeps the rest', async () => {
    const { store } = makeStore();
    const timestamps = { created: at(0), started: null, ready: 'Invalid Date', stopped: at(4) };
    const broken = { timestamps, deadlines: { startupBy: '', purgeAt: at(9) }, observedAt: 'soon' };
    const record = await insert(store, broken as never);
    expect(record.timestamps).toEqual({ created: at(0), stopped: at(4) });
    expect(record.deadlines).toEqual({ purgeAt: at(9) });
    expect(record.observedAt).toBeNull();
    expect((await read(store, record.id)).record).toEqual(record);
    expect(await store.deadlines.due('startupBy', at(100), 10)).toEqual([]);
  });
}
