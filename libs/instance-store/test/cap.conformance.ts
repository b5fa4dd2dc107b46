import { type InstanceStore, OverCapError, type UnderCap } from '@app/instance-store';
import { HOUR_MS, type Timestamp } from '@app/platform';
import { aNewInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { COMMAND, insert, type MakeStore, novitaId, read, write } from './harness.js';

const OWNER = 'user:agent';
const asked = (usdPerHour: number | null, overrides: InstanceOverrides = {}): ReturnType<typeof aNewInstance> =>
  aNewInstance({
    createdBy: OWNER,
    status: 'creating',
    novitaInstanceId: null,
    desired: { state: 'running', at: '2026-01-01T00:00:00.000Z', by: OWNER } as never,
    price: { usdPerHour },
    ...overrides,
  });

/** What a write under a cap promises. */
export function capConformance(makeStore: MakeStore): void {
  describe('a write under a cap', () => {
    it('counts what is asked for and not made yet, so that of many at once no more get through than fit', async () => {
      const { store } = makeStore();
      const results = await Promise.allSettled(
        Array.from({ length: 12 }, () => store.records.insert(asked(0.4), { capUsdPerHour: 1.3 })),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(OverCapError);
      }
      expect((await store.records.counts()).total).toBe(3);
      expect(await prices(store)).toEqual([0.4, 0.4, 0.4]);
    });

    it('says what stands in its way, and changes nothing', async () => {
      const { store } = makeStore();
      await store.records.insert(asked(1), { capUsdPerHour: 2 });
      const refused = await store.records.insert(asked(1.5), { capUsdPerHour: 2 }).catch((error: unknown) => error);
      expect(refused).toMatchObject({ othersUsdPerHour: 1, unpriced: 0, wantedUsdPerHour: 1.5 });
      expect((await store.records.counts()).total).toBe(1);
      // Exactly the cap fits.
      expect((await store.records.insert(asked(1), { capUsdPerHour: 2 })).outcome).toBe('inserted');
    });

    it('takes no unknown price for nothing, neither its own nor that of another', async () => {
      const { store } = makeStore();
      await expect(store.records.insert(asked(null), { capUsdPerHour: 100 })).rejects.toMatchObject({
        wantedUsdPerHour: null,
      });
      await store.records.insert(asked(null));
      await expect(store.records.insert(asked(0.1), { capUsdPerHour: 100 })).rejects.toMatchObject({ unpriced: 1 });
      expect(await prices(store)).toEqual([null]);
    });

    it('counts nobody else, and holds back no write that begins no cost', async () => {
      const { store } = makeStore();
      await store.records.insert(asked(50, { createdBy: 'user:other' }));
      const { id } = await insert(store, asked(1));
      await store.records.insert(asked(1));
      const { record } = await read(store, id);
      const renamed = await store.records.write({ ...record, name: 'renamed' }, COMMAND, { capUsdPerHour: 0.5 });
      expect(renamed.outcome).toBe('written');
    });

    it('is free again once one has ended, and holds back a start', async () => {
      const { store } = makeStore();
      const first = await insert(store, asked(1));
      const desired = { ...first.desired, state: 'stopped' } as const;
      const stopped = await write(store, { ...first, status: 'stopped', desired });
      expect(await store.spend.commitments(OWNER)).toEqual(new Map());
      await store.records.insert(asked(1), { capUsdPerHour: 1.5 });
      const started = { ...stopped, status: 'starting', desired: first.desired } as const;
      await expect(store.records.write(started, COMMAND, { capUsdPerHour: 1.5 })).rejects.toBeInstanceOf(OverCapError);
      expect((await read(store, first.id)).record).toEqual(stopped);
      expect((await store.records.write(started, COMMAND, { capUsdPerHour: 2 })).outcome).toBe('written');
      await store.records.remove(first.id, stopped.revision + 1);
      expect(await prices(store)).toEqual([1]);
    });
  });

  describe('a write under the cap of a day', () => {
    const NOON = Date.parse('2026-01-01T12:00:00.000Z');
    const left = (leftUsd: number): UnderCap => ({
      capOfDay: { leftUsd, fromMs: NOON, untilMs: NOON + 12 * HOUR_MS },
    });
    /** Made at noon, at a dollar an hour. */
    const living = (hours: number | null, overrides: InstanceOverrides = {}): ReturnType<typeof aNewInstance> =>
      asked(1, {
        maxLifetimeMinutes: hours === null ? null : hours * 60,
        timestamps: { created: '2026-01-01T12:00:00.000Z' as Timestamp },
        ...overrides,
      });

    it('counts each until its lifetime or the day ends, and one without an end until the day does', async () => {
      const { store } = makeStore();
      await store.records.insert(living(2), left(2));
      await store.records.insert(living(20), left(14));
      await store.records.insert(living(null), left(26));
      const refused = await store.records.insert(living(1.5), left(27.49)).catch((error: unknown) => error);
      expect(refused).toMatchObject({
        othersUsdPerHour: 3,
        wantedUsdPerHour: 1,
        day: { othersUsd: 26, wantedUsd: 1.5 },
      });
      expect((await store.records.insert(living(1.5), left(27.5))).outcome).toBe('inserted');
      const ends = [...(await store.spend.commitments(OWNER)).values()].map(({ endsMs }) => endsMs);
      expect(new Set(ends)).toEqual(new Set([NOON + 2 * HOUR_MS, NOON + 20 * HOUR_MS, null, NOON + 1.5 * HOUR_MS]));
    });

    it('lets no more through at once than the day holds', async () => {
      const { store } = makeStore();
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, () => store.records.insert(living(2), left(7))),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    });

    it('takes an end that is over for none: the instance still costs', async () => {
      const { store } = makeStore();
      await store.records.insert(living(2, { timestamps: { created: '2026-01-01T09:00:00.000Z' as Timestamp } }));
      await expect(store.records.insert(living(2), left(13.9))).rejects.toMatchObject({ day: { othersUsd: 12 } });
      expect((await store.records.insert(living(2), left(14))).outcome).toBe('inserted');
    });

    it('holds back a longer lifetime, and neither a shorter one nor another change', async () => {
      const { store } = makeStore();
      const first = await insert(store, living(2));
      await store.records.insert(living(2));
      for (const maxLifetimeMinutes of [180, null]) {
        const longer = store.records.write({ ...first, maxLifetimeMinutes }, COMMAND, left(4.5));
        await expect(longer).rejects.toMatchObject({ day: { othersUsd: 2 } });
      }
      expect((await read(store, first.id)).record).toEqual(first);
      const longer = await store.records.write({ ...first, maxLifetimeMinutes: 150 }, COMMAND, left(4.5));
      expect(longer.outcome).toBe('written');
      const { record } = await read(store, first.id);
      expect((await store.records.write({ ...record, maxLifetimeMinutes: 60 }, COMMAND, left(0))).outcome).toBe(
        'written',
      );
    });

    it.each([
      ['that is moved', { status: 'migrating' }],
      ['whose stop is not confirmed', { status: 'failed', desired: 'stopped' }],
    ] as const)('holds back a longer lifetime of one %s, though nothing looks after its end', async (_, shape) => {
      const { store } = makeStore();
      const made = await insert(store, living(1, { novitaInstanceId: novitaId('n1'), status: 'ready' }));
      const desired = 'desired' in shape ? { ...made.desired, state: shape.desired } : made.desired;
      const first = await write(store, { ...made, status: shape.status, desired });
      expect([...(await store.spend.commitments(OWNER)).values()]).toMatchObject([{ endsMs: null }]);
      for (const maxLifetimeMinutes of [480, null]) {
        const longer = store.records.write({ ...first, maxLifetimeMinutes }, COMMAND, left(0));
        await expect(longer).rejects.toMatchObject({ day: { wantedUsd: 12 } });
      }
      const shorter = await store.records.write({ ...first, maxLifetimeMinutes: 30 }, COMMAND, left(0));
      expect(shorter.outcome).toBe('written');
    });
  });
}

async function prices(store: InstanceStore): Promise<(number | null)[]> {
  return [...(await store.spend.commitments(OWNER)).values()].map(({ usdPerHour }) => usdPerHour);
}
