import { OverCapError } from '@app/instance-store';
import { aNewInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { COMMAND, insert, type MakeStore, read, write } from './harness.js';

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
      expect([...(await store.spend.commitments(OWNER)).values()]).toEqual([0.4, 0.4, 0.4]);
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
      expect([...(await store.spend.commitments(OWNER)).values()]).toEqual([null]);
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
      expect([...(await store.spend.commitments(OWNER)).values()]).toEqual([1]);
    });
  });
}
