import type { InstanceId, InstanceRecord, InstanceStore } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import {
  anImport,
  at,
  entriesOf,
  idleRules,
  insert,
  type MakeStore,
  novitaId,
  read,
  takeLock,
  write,
} from './harness.js';

export const MINUTE = 60;
export const UNKNOWN = 'ins_00000000000000000000000000' as InstanceId;
const NEVER = at(1e9);

/**
 * Inserts an instance that is ready.
 * @param ready seconds after the start of 2026
 */
export function aReadyOne(store: InstanceStore, overrides: InstanceOverrides = {}, ready = 0): Promise<InstanceRecord> {
  return insert(store, { status: 'ready', timestamps: { created: at(-100), ready: at(ready) }, ...overrides });
}

/** Whether the idle deadline is at that second, before it or after it. */
export async function dueAt(
  store: InstanceStore,
  id: InstanceId,
  second: number,
): Promise<'due' | 'early' | 'not yet'> {
  const has = async (now: Timestamp) => (await store.deadlines.due('autoStopAt', now, 1_000)).includes(id);
  if (await has(at(second - 0.001))) return 'early';
  return (await has(at(second))) ? 'due' : 'not yet';
}

export function idleConformance(makeStore: MakeStore): void {
  describe('the idle deadline', () => {
    it('is the time of the warning, from when the instance became ready', async () => {
      const { store } = makeStore();
      const { id } = await aReadyOne(store);
      expect(await dueAt(store, id, 15 * MINUTE)).toBe('due');
    });

    it('follows every use forward and never goes back', async () => {
      const { store } = makeStore();
      const { id } = await aReadyOne(store, { novitaInstanceId: novitaId('n1') });
      await store.idle.touch(id, at(100));
      expect(await dueAt(store, id, 100 + 15 * MINUTE)).toBe('due');
      await store.idle.touch(novitaId('n1'), at(160));
      await store.idle.touch(id, at(130));
      expect(await dueAt(store, id, 160 + 15 * MINUTE)).toBe('due');
      const { record } = await read(store, id);
      await write(store, { ...record, name: 'renamed' });
      expect(await dueAt(store, id, 160 + 15 * MINUTE)).toBe('due');
    });

    it('is not moved by a use before the instance became ready, or before the end of its lease', async () => {
      const { store } = makeStore();
      const lease = { until: at(500), by: 'user:a', reason: '' };
      const [plain, leased] = [await aReadyOne(store), await aReadyOne(store, { autoStop: { lease } })];
      await store.idle.touch(plain.id, at(-5));
      await store.idle.touch(leased.id, at(499));
      expect(await dueAt(store, plain.id, 15 * MINUTE)).toBe('due');
      expect(await dueAt(store, leased.id, 500 + 15 * MINUTE)).toBe('due');
      await store.idle.touch(leased.id, at(501));
      expect(await dueAt(store, leased.id, 501 + 15 * MINUTE)).toBe('due');
    });

    it('is never reached by one that is used all the time', async () => {
      const { store } = makeStore();
      const { id } = await aReadyOne(store);
      for (let second = 0; second <= 3_600; second += 300) {
        await store.idle.touch(id, at(second));
        expect(await store.deadlines.due('autoStopAt', at(second + 899), 10)).toEqual([]);
      }
    });

    it.each<[string, InstanceOverrides]>([
      ['is starting', { status: 'starting' }],
      ['was made elsewhere', { origin: 'discovered' }],
      ['is billed monthly', { spec: { billingMode: 'monthly' } }],
      ['is switched off', { autoStop: { enabled: false } }],
      ['is to be stopped', { desired: { state: 'stopped', at: at(0), by: 'user:a' } }],
    ])('is none for one that %s, whatever uses are reported', async (_, overrides) => {
      const { store, locks } = makeStore();
      const { id } = await aReadyOne(store, overrides);
      await store.idle.touch(id, at(1));
      await store.records.insertMany([anImport({ status: 'ready', ...overrides, origin: 'discovered' })], {
        hold: await takeLock(locks),
      });
      expect(await store.deadlines.due('autoStopAt', NEVER, 10)).toEqual([]);
    });

    it('comes with becoming ready and goes with leaving it, and a new run has a new one', async () => {
      const { store } = makeStore();
      const starting = await insert(store, { status: 'starting' });
      const timestamps = { created: at(0), ready: at(60) };
      const ready = await write(store, { ...starting, status: 'ready', timestamps });
      expect(await dueAt(store, ready.id, 60 + 15 * MINUTE)).toBe('due');
      const stopping = await write(store, { ...ready, status: 'stopping' });
      expect(await store.deadlines.due('autoStopAt', NEVER, 10)).toEqual([]);
      const again = await write(store, {
        ...stopping,
        status: 'ready',
        timestamps: { ...timestamps, ready: at(9_000) },
      });
      expect(await dueAt(store, again.id, 9_000 + 15 * MINUTE)).toBe('due');
      await store.records.remove(again.id, again.revision);
      expect(await store.deadlines.due('autoStopAt', NEVER, 10)).toEqual([]);
    });

    it('follows the settings and the lease of the instance', async () => {
      const { store } = makeStore();
      const first = await aReadyOne(store);
      await store.idle.touch(first.id, at(60));
      const longer = await write(store, { ...first, autoStop: { thresholdMinutes: 60 } });
      expect(await dueAt(store, first.id, 60 + 55 * MINUTE)).toBe('due');
      const off = await write(store, { ...longer, autoStop: { enabled: false, thresholdMinutes: 60 } });
      expect(await store.deadlines.due('autoStopAt', NEVER, 10)).toEqual([]);
      const lease = { until: at(7_200), by: 'user:a', reason: 'training' };
      const leased = await write(store, { ...off, autoStop: { lease } });
      expect(await dueAt(store, first.id, 7_200 + 15 * MINUTE)).toBe('due');
      await write(store, { ...leased, autoStop: { thresholdMinutes: 0.5 } });
      expect(await dueAt(store, first.id, 60)).toBe('due');
    });

    it('of imported ones of ours is kept too', async () => {
      const { store, locks } = makeStore();
      const hold = await takeLock(locks);
      const ours = anImport({ origin: 'adopted', timestamps: { created: at(0), ready: at(30) } });
      const odd = anImport({ origin: 'adopted', timestamps: { created: at(7), ready: 'Invalid Date' as Timestamp } });
      expect(await store.records.insertMany([ours, odd, anImport()], { hold })).toEqual([true, true, true]);
      expect(await dueAt(store, ours.record.id, 30 + 15 * MINUTE)).toBe('due');
      expect(await dueAt(store, odd.record.id, 7 + 15 * MINUTE)).toBe('due');
      expect(await store.deadlines.due('autoStopAt', NEVER, 10)).toHaveLength(2);
    });

    it('follows other rules once it is reindexed, without a new revision', async () => {
      const rules = idleRules();
      const { store, feed } = makeStore({ rules });
      const [plain, batch] = [await aReadyOne(store), await aReadyOne(store, { spec: { templateId: 'batch' } })];
      await store.idle.touch(plain.id, at(60));
      rules.thresholdMs = 40 * MINUTE * 1_000;
      rules.byTemplate = new Map([['batch', 'off']]);
      expect(await dueAt(store, plain.id, 60 + 15 * MINUTE)).toBe('due');
      await store.idle.reindex([plain.id, batch.id, UNKNOWN]);
      expect(await store.deadlines.due('autoStopAt', NEVER, 10)).toEqual([plain.id]);
      expect(await dueAt(store, plain.id, 60 + 35 * MINUTE)).toBe('due');
      await store.idle.touch(plain.id, at(90));
      expect(await dueAt(store, plain.id, 90 + 35 * MINUTE)).toBe('due');
      rules.enabled = false;
      await store.idle.reindex([plain.id]);
      await store.idle.touch(plain.id, at(120));
      expect(await store.deadlines.due('autoStopAt', NEVER, 10)).toEqual([]);
      rules.enabled = true;
      await store.idle.reindex([plain.id, batch.id]);
      expect(await dueAt(store, plain.id, 120 + 35 * MINUTE)).toBe('due');
      expect((await read(store, plain.id)).record.revision).toBe(1);
      expect(await entriesOf(feed, 10)).toHaveLength(2);
      await store.idle.reindex([]);
      await expect(store.idle.reindex(Array.from({ length: 201 }, () => plain.id))).rejects.toThrow(RangeError);
    });

    it('can be postponed, forward and until the next write or use only', async () => {
      const { store } = makeStore();
      const [first, second, off] = [
        await aReadyOne(store),
        await aReadyOne(store),
        await aReadyOne(store, { autoStop: { enabled: false } }),
      ];
      await store.idle.postpone([first.id, second.id, off.id, UNKNOWN], at(1_000));
      expect(await store.deadlines.due('autoStopAt', NEVER, 10)).toHaveLength(2);
      expect(await dueAt(store, first.id, 1_000)).toBe('due');
      await store.idle.postpone([first.id], at(950));
      expect(await dueAt(store, first.id, 1_000)).toBe('due');
      await write(store, { ...first, name: 'renamed' });
      expect(await dueAt(store, first.id, 15 * MINUTE)).toBe('due');
      await store.idle.touch(second.id, at(1));
      expect(await dueAt(store, second.id, 1 + 15 * MINUTE)).toBe('due');
      await store.idle.postpone([], at(1));
      await expect(
        store.idle.postpone(
          Array.from({ length: 201 }, () => first.id),
          at(1),
        ),
      ).rejects.toThrow(RangeError);
    });
  });
}
