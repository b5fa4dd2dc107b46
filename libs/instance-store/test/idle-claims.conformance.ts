import type { InstanceRecord } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { at, COMMAND, changesOf, entriesOf, insert, type MakeStore, novitaId, read, write } from './harness.js';
import { aReadyOne, dueAt, MINUTE, UNKNOWN } from './idle.conformance.js';

const NEVER = at(1e9);

function claimed(record: InstanceRecord, seconds: number): InstanceRecord {
  return { ...record, status: 'stopping', desired: { state: 'stopped', at: at(seconds), by: 'auto-stop' } };
}

function warning(record: InstanceRecord, since: number, lastUsedAt: Timestamp | null) {
  const { id, revision } = record;
  return { id, revision, lastUsedAt, idleSince: at(since), stopAt: at(since + 20 * MINUTE), reason: 'idle' };
}

export function idleClaimsConformance(makeStore: MakeStore): void {
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
