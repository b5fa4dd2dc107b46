import type { InstanceId, InstanceRecord, InstanceStore } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import {
  anImport,
  at,
  COMMAND,
  changesOf,
  entriesOf,
  idleRules,
  insert,
  type MakeStore,
  novitaId,
  read,
  takeLock,
  write,
} from './harness.js';

const MINUTE = 60;
const UNKNOWN = 'ins_00000000000000000000000000' as InstanceId;

/** @param ready seconds after the start of 2026 */
function aReadyOne(store: InstanceStore, overrides: InstanceOverrides = {}, ready = 0): Promise<InstanceRecord> {
  return insert(store, { status: 'ready', timestamps: { created: at(-100), ready: at(ready) }, ...overrides });
}

/** The second at which it becomes due, found by asking for the moments around it; null when it never does. */
async function dueAt(store: InstanceStore, id: InstanceId, second: number): Promise<'due' | 'early' | 'not yet'> {
  const has = async (now: Timestamp) => (await store.deadlines.due('autoStopAt', now, 1_000)).includes(id);
  if (await has(at(second - 0.001))) return 'early';
  return (await has(at(second))) ? 'due' : 'not yet';
}

const NEVER = at(1e9);

function claimed(record: InstanceRecord, seconds: number): InstanceRecord {
  return { ...record, status: 'stopping', desired: { state: 'stopped', at: at(seconds), by: 'auto-stop' } };
}

function warning(record: InstanceRecord, since: number, lastUsedAt: Timestamp | null) {
  const { id, revision } = record;
  return { id, revision, lastUsedAt, idleSince: at(since), stopAt: at(since + 20 * MINUTE), reason: 'idle' };
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

  describe('warnIdle', () => {
    it('warns once in each idle period, and puts the deadline to the stop', async () => {
      const { store, feed } = makeStore();
      const record = await aReadyOne(store);
      expect(await store.idle.warn(warning(record, 0, null))).toBe('warned');
      expect(await store.idle.warn(warning(record, 0, null))).toBe('already');
      expect(await dueAt(store, record.id, 20 * MINUTE)).toBe('due');
      const renamed = await write(store, { ...record, name: 'renamed' });
      expect(await dueAt(store, record.id, 20 * MINUTE)).toBe('due');
      expect(await store.idle.warn(warning(renamed, 0, null))).toBe('already');

      await store.idle.touch(record.id, at(1_000));
      expect(await dueAt(store, record.id, 1_000 + 15 * MINUTE)).toBe('due');
      expect(await store.idle.warn(warning(renamed, 1_000, at(1_000)))).toBe('warned');
      expect(await dueAt(store, record.id, 1_000 + 20 * MINUTE)).toBe('due');

      const changes = await changesOf(feed, 10);
      expect(changes.map(({ type, revision, record: emitted }) => [type, revision, emitted])).toEqual([
        ['instance.created', 1, record],
        ['instance.auto_stop_warning', 1, record],
        ['instance.updated', 2, renamed],
        ['instance.auto_stop_warning', 2, renamed],
      ]);
      expect((await read(store, record.id)).record).toEqual(renamed);
    });

    it('does nothing on what is not as it was read', async () => {
      const { store, feed } = makeStore();
      const record = await aReadyOne(store);
      const { id } = record;
      await store.idle.touch(id, at(10));
      expect(await store.idle.warn(warning(record, 0, null))).toBe('used-meanwhile');
      expect(await store.idle.warn(warning(record, 9, at(9)))).toBe('used-meanwhile');
      const next = await write(store, { ...record, name: 'renamed' });
      expect(await store.idle.warn(warning(record, 10, at(10)))).toBe('stale');
      expect(await store.idle.warn({ ...warning(next, 10, at(10)), id: UNKNOWN })).toBe('missing');
      const starting = await insert(store, { status: 'starting' });
      expect(await store.idle.warn(warning(starting, 0, null))).toBe('stale');
      expect(await dueAt(store, id, 10 + 15 * MINUTE)).toBe('due');
      expect(await entriesOf(feed, 10)).toHaveLength(3);
      expect((await store.audit.entries(id, 10)).filter(({ kind }) => kind === 'warning')).toEqual([]);
      expect(await store.idle.warn(warning(next, 10, at(10)))).toBe('warned');
    });
  });

  describe('claimIdle', () => {
    it('writes the desired stop of one that nobody has used', async () => {
      const { store, feed } = makeStore();
      const record = await aReadyOne(store);
      const next = claimed(record, 1_200);
      const result = await store.idle.claim(next, { lastUsedAt: null, reason: 'idle' });
      expect(result).toEqual({
        outcome: 'claimed',
        stored: { record: { ...next, revision: 2 }, lastUsedAt: null },
      });
      expect(await read(store, record.id)).toEqual(result.outcome === 'claimed' && result.stored);
      expect(await store.deadlines.due('autoStopAt', NEVER, 10)).toEqual([]);
      expect((await entriesOf(feed, 10)).at(-1)).toMatchObject({ type: 'instance.stopping', revision: 2 });
    });

    it('loses against a use before it, and wins against one after it', async () => {
      const { store } = makeStore();
      const record = await aReadyOne(store);
      await store.idle.touch(record.id, at(5));
      const known = { lastUsedAt: at(5), reason: 'idle' };
      await store.idle.touch(record.id, at(5.001));
      expect(await store.idle.claim(claimed(record, 1_200), known)).toEqual({
        outcome: 'used-meanwhile',
        current: { record, lastUsedAt: at(5.001) },
      });
      expect((await store.idle.claim(claimed(record, 1_200), { ...known, lastUsedAt: null })).outcome).toBe(
        'used-meanwhile',
      );
      expect(await dueAt(store, record.id, 5.001 + 15 * MINUTE)).toBe('due');

      const renewed = { lastUsedAt: at(5.001), reason: 'idle' };
      expect((await store.idle.claim(claimed(record, 1_200), renewed)).outcome).toBe('claimed');
      expect(await store.idle.touch(record.id, at(6))).toMatchObject({ outcome: 'touched', status: 'stopping' });
      expect(await store.deadlines.due('autoStopAt', NEVER, 10)).toEqual([]);
      expect((await read(store, record.id)).record.desired.state).toBe('stopped');
    });

    it('loses against a write before it, and makes one after it stale', async () => {
      const { store } = makeStore();
      const record = await aReadyOne(store);
      const leased = await write(store, { ...record, autoStop: { enabled: false } });
      const claim = { lastUsedAt: null, reason: 'idle' };
      expect(await store.idle.claim(claimed(record, 1_200), claim)).toEqual({
        outcome: 'stale',
        current: { record: leased, lastUsedAt: null },
      });
      expect((await store.idle.claim(claimed(leased, 1_200), claim)).outcome).toBe('claimed');
      expect((await store.records.write({ ...leased, autoStop: {} }, COMMAND)).outcome).toBe('stale');
      expect(await store.idle.claim({ ...record, id: UNKNOWN }, claim)).toEqual({ outcome: 'missing' });
    });

    it('and a use at the same time: one of them is first, and both know it', async () => {
      const { store } = makeStore();
      for (let round = 0; round < 30; round++) {
        const record = await aReadyOne(store);
        const claim = () => store.idle.claim(claimed(record, 1_200), { lastUsedAt: null, reason: 'idle' });
        const touch = () => store.idle.touch(record.id, at(1_100));
        const both = round % 2 === 0 ? [claim(), touch()] : [touch(), claim()];
        const outcomes = (await Promise.all(both)).toSorted((a, b) => a.outcome.localeCompare(b.outcome));
        const [claimOutcome, touched] = outcomes[0]?.outcome === 'touched' ? outcomes.toReversed() : outcomes;
        const { record: after, lastUsedAt } = await read(store, record.id);
        expect(lastUsedAt).toBe(at(1_100));
        const won = claimOutcome?.outcome === 'claimed';
        expect(after.desired.state).toBe(won ? 'stopped' : 'running');
        expect(touched).toMatchObject({ status: won ? 'stopping' : 'ready' });
        if (!won) expect(claimOutcome?.outcome).toBe('used-meanwhile');
      }
    });
  });

  describe('lastUsedBy', () => {
    it('answers each of many uses that are reported at once by itself', async () => {
      const { store } = makeStore();
      const first = await insert(store, { novitaInstanceId: novitaId('n1') });
      const others: InstanceRecord[] = [];
      for (let n = 0; n < 250; n++) others.push(await insert(store));
      const answers = await Promise.all([
        store.idle.touch(first.id, at(10)),
        store.idle.touch(novitaId('n1'), at(12)),
        store.idle.touch(first.id, at(11)),
        store.idle.touch(novitaId('unknown'), at(10)),
        ...others.map(({ id }, n) => store.idle.touch(id, at(n), `user:${n}`)),
      ]);
      // Whichever comes first: each is answered with the latest so far, and the latest of all stays.
      const [ten, twelve, eleven, unknown] = answers;
      expect(twelve).toMatchObject({ outcome: 'touched', id: first.id, lastUsedAt: at(12), moved: true });
      for (const [answer, seconds] of [
        [ten, 10],
        [eleven, 11],
      ] as const) {
        if (answer?.outcome !== 'touched') throw new Error('it is there');
        expect(answer).toMatchObject({ id: first.id, moved: answer.lastUsedAt === at(seconds) });
      }
      expect(unknown).toEqual({ outcome: 'missing' });
      expect((await read(store, first.id)).lastUsedAt).toBe(at(12));
      for (const [n, { id }] of others.entries()) {
        expect(answers[n + 4]).toMatchObject({ outcome: 'touched', id, lastUsedAt: at(n) });
        expect(await store.idle.lastUsedBy(id)).toBe(`user:${n}`);
      }
    });

    it('names the reporter of the latest use, and nobody when it is not known', async () => {
      const { store } = makeStore();
      const { id } = await aReadyOne(store);
      expect(await store.idle.lastUsedBy(id)).toBeNull();
      await store.idle.touch(id, at(10), 'user:gateway');
      expect(await store.idle.lastUsedBy(id)).toBe('user:gateway');
      await store.idle.touch(id, at(9), 'user:late');
      await store.idle.touch(id, at(10), 'user:same');
      expect(await store.idle.lastUsedBy(id)).toBe('user:gateway');
      await store.idle.touch(id, at(11));
      expect(await store.idle.lastUsedBy(id)).toBeNull();
      await store.idle.touch(id, at(12), `user:${'ü '.repeat(500)}\n`);
      expect((await store.idle.lastUsedBy(id))?.length).toBeLessThanOrEqual(200);
      expect(await store.idle.lastUsedBy(UNKNOWN)).toBeNull();
      expect((await read(store, id)).lastUsedAt).toBe(at(12));
    });
  });
}
