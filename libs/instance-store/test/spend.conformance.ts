import {
  dayOf,
  type InstanceRecord,
  type InstanceStore,
  monthOf,
  type SpendPart,
  type SpendPeriod,
  startOfDayMs,
} from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import type { FakeClock, InstanceOverrides } from '@app/testing';
import { describe, expect, it, vi } from 'vitest';
import { anImport, at, insert, type MakeStore, novitaId, takeLock, write } from './harness.js';

const HOUR = 3_600_000;
const NEVER = new AbortController().signal;
let made = 0;

const sorted = (parts: ReadonlyMap<string, number>) => [...parts].toSorted(([a], [b]) => (a < b ? -1 : 1));

/** At the provider, for a dollar an hour unless something else is said. */
export function metered(overrides: InstanceOverrides = {}): InstanceOverrides {
  return { novitaInstanceId: novitaId(`m${made++}`), status: 'ready', price: { usdPerHour: 1 }, ...overrides };
}

export function spendConformance(makeStore: MakeStore): void {
  const today = (clock: FakeClock): number => dayOf(clock.now());
  const accrue = (store: InstanceStore, clock: FakeClock): Promise<void> =>
    store.spend.accrue(clock.timestamp(), NEVER);
  const spent = async (store: InstanceStore, clock: FakeClock): Promise<number> =>
    (await store.spend.read(today(clock))).spentByDay.get(today(clock)) ?? 0;
  const ended = (record: InstanceRecord): InstanceRecord => ({ ...record, status: 'stopped' });

  describe('what runs now', () => {
    it('is nothing in an empty fleet, and nothing is accrued', async () => {
      const { store, clock } = makeStore();
      expect(await store.spend.read(today(clock))).toEqual({
        now: { usdPerHour: 0, byStatus: {}, byRegion: {}, byProduct: {}, unpriced: 0 },
        spentByDay: new Map(),
        savedByDay: new Map(),
        savedInAllUsd: 0,
        accruedAt: null,
      });
      expect(await store.spend.byInstance({ kind: 'day', day: today(clock) }, 10)).toEqual([]);
    });

    it('is summed by status, region and product, and follows every write', async () => {
      const { store, clock, locks } = makeStore();
      const now = async () => (await store.spend.read(today(clock))).now;
      const first = await insert(store, metered({ spec: { region: 'R1', productName: 'A' } }));
      await insert(store, metered({ spec: { region: null, productName: '' }, price: { usdPerHour: null } }));
      const hold = await takeLock(locks);
      const imports = [
        anImport(metered({ status: 'starting', spec: { region: 'R1', productName: 'B:C' }, price: { usdPerHour: 2 } })),
        anImport(metered({ spec: { region: null, productName: '' }, price: { usdPerHour: 0.5 } })),
        anImport(metered({ status: 'stopped' })),
        anImport(metered({ price: { usdPerHour: null } })),
      ];
      await store.records.insertMany(imports, { hold });
      expect(await now()).toEqual({
        usdPerHour: 3.5,
        byStatus: { ready: 1.5, starting: 2 },
        byRegion: { R1: 3, unknown: 0.5 },
        byProduct: { A: 1, 'B:C': 2, unknown: 0.5 },
        unpriced: 2,
      });
      const moved = await write(store, {
        ...first,
        status: 'running',
        price: { usdPerHour: 4 },
        spec: { ...first.spec, region: 'R2' },
      });
      expect(await now()).toMatchObject({
        usdPerHour: 6.5,
        byStatus: { ready: 0.5, running: 4, starting: 2 },
        byRegion: { R1: 2, R2: 4, unknown: 0.5 },
      });
      const stopped = await write(store, ended(moved));
      expect(await now()).toMatchObject({ usdPerHour: 2.5, byStatus: { ready: 0.5, starting: 2 }, unpriced: 2 });
      await store.records.remove(stopped.id, stopped.revision);
      for (const { record } of imports) await store.records.remove(record.id, 1, { hold });
      expect(await now()).toEqual({ usdPerHour: 0, byStatus: {}, byRegion: {}, byProduct: {}, unpriced: 1 });
    });

    it('is not changed by what was refused', async () => {
      const { store, clock } = makeStore();
      const first = await insert(store, metered());
      await store.records.insert({ ...first, id: (await insert(store)).id });
      await store.records.write({ ...ended(first), revision: 7 }, { kind: 'command' });
      await store.records.write(ended(first), { kind: 'observation', observedAt: at(-1) });
      expect((await store.spend.read(today(clock))).now.usdPerHour).toBe(1);
    });
  });

  describe('what was spent', () => {
    it('is accrued when it ends, without an accrual in between', async () => {
      const { store, clock } = makeStore();
      const record = await insert(store, metered());
      clock.advance(1.5 * HOUR);
      const stopped = await write(store, ended(record));
      clock.advance(HOUR);
      await write(store, { ...stopped, name: 'renamed' });
      expect(await spent(store, clock)).toBe(1.5);
      expect(await store.spend.byInstance({ kind: 'day', day: today(clock) }, 10)).toEqual([
        { id: record.id, usd: 1.5 },
      ]);
    });

    it('is accrued when the price changes, and when the record goes', async () => {
      const { store, clock } = makeStore();
      const record = await insert(store, metered());
      clock.advance(HOUR);
      const dearer = await write(store, { ...record, price: { usdPerHour: 3 } });
      clock.advance(HOUR);
      await store.records.remove(record.id, dearer.revision);
      clock.advance(HOUR);
      await accrue(store, clock);
      expect(await spent(store, clock)).toBe(4);
      expect(await store.spend.byInstance({ kind: 'day', day: today(clock) }, 10)).toEqual([{ id: record.id, usd: 4 }]);
    });

    it('is not accrued by a write that changes nothing of it', async () => {
      const { store, clock } = makeStore();
      const record = await insert(store, metered());
      clock.advance(HOUR);
      await write(store, { ...record, status: 'restarting' });
      await store.idle.touch(record.id, clock.timestamp());
      expect(await spent(store, clock)).toBe(0);
      clock.advance(HOUR);
      await accrue(store, clock);
      expect(await spent(store, clock)).toBe(2);
    });

    it('is accrued for all that run, imported ones from their import on, and once only', async () => {
      const { store, clock, locks } = makeStore();
      await insert(store, metered());
      clock.advance(HOUR);
      const hold = await takeLock(locks);
      await store.records.insertMany([anImport(metered({ timestamps: { created: at(0) } }))], { hold });
      clock.advance(HOUR);
      await accrue(store, clock);
      expect(await spent(store, clock)).toBe(3);
      expect((await store.spend.read(today(clock))).accruedAt).toBe(clock.timestamp());
      await Promise.all([accrue(store, clock), accrue(store, clock)]);
      await store.spend.accrue(timestampFromMs(clock.now() - HOUR), NEVER);
      expect(await spent(store, clock)).toBe(3);
      expect((await store.spend.read(today(clock))).accruedAt).toBe(clock.timestamp());
    });

    it('is read by days and months of UTC', async () => {
      const { store, clock } = makeStore();
      clock.set(Date.UTC(2028, 1, 29, 22));
      const [cheap, dear] = [
        await insert(store, metered()),
        await insert(store, metered({ price: { usdPerHour: 2 } })),
      ];
      clock.set(Date.UTC(2028, 2, 2, 1));
      await accrue(store, clock);
      const day = dayOf(Date.UTC(2028, 1, 29));
      const { spentByDay } = await store.spend.read(day);
      expect([...spentByDay]).toEqual([
        [day, 6],
        [day + 1, 72],
        [day + 2, 3],
      ]);
      expect((await store.spend.read(day + 1)).spentByDay).toEqual(
        new Map([
          [day + 1, 72],
          [day + 2, 3],
        ]),
      );
      const by = (period: SpendPeriod, limit = 10) => store.spend.byInstance(period, limit);
      expect(await by({ kind: 'day', day })).toEqual([
        { id: dear.id, usd: 4 },
        { id: cheap.id, usd: 2 },
      ]);
      expect(await by({ kind: 'day', day: day + 2 }, 1)).toEqual([{ id: dear.id, usd: 2 }]);
      expect(await by({ kind: 'month', month: 2028 * 12 + 1 })).toEqual([
        { id: dear.id, usd: 4 },
        { id: cheap.id, usd: 2 },
      ]);
      expect(await by({ kind: 'month', month: monthOf(day + 1) }, 1)).toEqual([{ id: dear.id, usd: 50 }]);
      expect(await by({ kind: 'day', day }, 0)).toEqual([]);
    });

    it('is divided by who made the instances and by product, and each instance knows its days', async () => {
      const { store, clock, locks } = makeStore();
      clock.set(Date.UTC(2028, 1, 29, 22));
      const day = today(clock);
      const first = await insert(store, metered({ createdBy: 'user:a', spec: { productName: 'A:1' } }));
      const other = { createdBy: null, origin: 'discovered', marker: '', spec: { productName: '' } } as const;
      const hold = await takeLock(locks);
      await store.records.insertMany([anImport(metered({ ...other, price: { usdPerHour: 2 } }))], { hold });
      clock.advance(3 * HOUR);
      await accrue(store, clock);
      const desired = { state: 'stopped', at: clock.timestamp(), by: 'auto-stop' } as const;
      await write(store, { ...first, desired, status: 'stopped' });
      clock.advance(HOUR);
      await accrue(store, clock);
      const partsOf = async (by: SpendPart) => (await store.spend.parts(by, [day, day + 1, day + 2])).map(sorted);
      expect(await partsOf('owner')).toEqual([
        [
          ['elsewhere', 4],
          ['user:a', 2],
        ],
        [
          ['elsewhere', 4],
          ['user:a', 1],
        ],
        [],
      ]);
      expect(await partsOf('product')).toEqual([
        [
          ['A:1', 2],
          ['unknown', 4],
        ],
        [
          ['A:1', 1],
          ['unknown', 4],
        ],
        [],
      ]);
      expect(await store.spend.daysOf(first.id, day)).toEqual([
        { day, usd: 2, savedUsd: 0 },
        { day: day + 1, usd: 1, savedUsd: 1 },
      ]);
      expect(await store.spend.daysOf(first.id, day + 1)).toHaveLength(1);
    });

    it('is forgotten by instance and by part after two months', async () => {
      const { store, clock } = makeStore();
      const record = await insert(store, metered());
      const day = today(clock);
      // A day of its own for each of the days, so that what is too old has to be taken out.
      for (let days = 0; days < 250; days++) {
        clock.set(startOfDayMs(day + days) + HOUR);
        await accrue(store, clock);
      }
      const kept = (await store.spend.daysOf(record.id, 0)).map((one) => one.day);
      expect(kept.length).toBeLessThanOrEqual(201);
      expect(kept.slice(-40)).toEqual(Array.from({ length: 40 }, (_, i) => day + 210 + i));
    });

    it('falls into the right month on any day', async () => {
      const { store, clock } = makeStore();
      const days = Array.from({ length: 60 }, (_, i) => dayOf(Date.UTC(1999, 0, 31)) + i * 397);
      for (const day of days) {
        clock.set(startOfDayMs(day));
        const record = await insert(store, metered());
        clock.advance(HOUR);
        await write(store, ended(record));
        const spends = await store.spend.byInstance({ kind: 'month', month: monthOf(day) }, 200);
        expect(spends.map(({ id }) => id)).toContain(record.id);
      }
    });

    it('goes on where an accrual was interrupted', async () => {
      const { store, clock, locks } = makeStore();
      const hold = await takeLock(locks);
      for (let i = 0; i < 3; i++) {
        const imports = Array.from({ length: 200 }, () => anImport(metered()));
        await store.records.insertMany(imports, { hold });
      }
      clock.advance(HOUR);
      const { signal } = new AbortController();
      let left = 2;
      vi.spyOn(signal, 'throwIfAborted').mockImplementation(() => {
        if (left-- === 0) throw new Error('cut off');
      });
      await expect(store.spend.accrue(clock.timestamp(), signal)).rejects.toThrow('cut off');
      expect(await spent(store, clock)).toBe(400);
      expect((await store.spend.read(today(clock))).accruedAt).toBeNull();
      clock.advance(HOUR);
      await accrue(store, clock);
      expect(await spent(store, clock)).toBe(1_200);
    });

    it('keeps sums of days, and forgets those of long ago', async () => {
      const { store, clock } = makeStore();
      const record = await insert(store, metered());
      const first = today(clock);
      clock.advance(HOUR);
      await write(store, ended(record));
      await insert(store, metered());
      clock.advance(390 * 24 * HOUR);
      await accrue(store, clock);
      expect((await store.spend.read(first)).spentByDay.get(first)).toBe(24);
      clock.advance(12 * 24 * HOUR);
      await accrue(store, clock);
      expect((await store.spend.read(first)).spentByDay.has(first)).toBe(false);
      expect((await store.spend.read(first)).spentByDay.get(first + 5)).toBe(24);
    });
  });

  describe('what was saved', () => {
    it('counts from the stop by auto-stop until somebody decides otherwise', async () => {
      const { store, clock } = makeStore();
      const saved = async () => (await store.spend.read(today(clock))).savedByDay.get(today(clock)) ?? 0;
      const record = await insert(store, metered());
      const desired = { state: 'stopped', at: clock.timestamp(), by: 'auto-stop' } as const;
      const stopping = await write(store, { ...record, desired, status: 'stopping' });
      clock.advance(HOUR);
      const stopped = await write(store, { ...stopping, status: 'stopped' });
      clock.advance(2 * HOUR);
      await accrue(store, clock);
      expect([await spent(store, clock), await saved()]).toEqual([1, 2]);
      clock.advance(HOUR);
      await write(store, { ...stopped, desired: { ...desired, by: 'user:a' } });
      clock.advance(HOUR);
      await accrue(store, clock);
      expect([await spent(store, clock), await saved()]).toEqual([1, 3]);
      expect(await store.spend.byInstance({ kind: 'day', day: today(clock) }, 10)).toEqual([{ id: record.id, usd: 1 }]);
    });

    it('is known in all, after the sums of its days are gone too', async () => {
      const { store, clock } = makeStore();
      const inAll = async () => (await store.spend.read(today(clock))).savedInAllUsd;
      const desired = { state: 'stopped', at: clock.timestamp(), by: 'auto-stop' } as const;
      const record = await insert(store, metered({ desired, status: 'stopped' }));
      clock.advance(100 * 24 * HOUR);
      await accrue(store, clock);
      expect(await inAll()).toBe(2_400);
      await write(store, { ...record, desired: { ...desired, by: 'user:a' } });
      clock.advance(350 * 24 * HOUR);
      await accrue(store, clock);
      await accrue(store, clock);
      expect(await inAll()).toBe(2_400);
      clock.advance(350 * 24 * HOUR);
      await accrue(store, clock);
      expect(await inAll()).toBe(2_400);
    });
  });

  describe('clocks of processes that differ', () => {
    it('never count time twice', async () => {
      const { store, clock } = makeStore();
      const record = await insert(store, metered());
      await store.spend.accrue(timestampFromMs(clock.now() + 2 * HOUR), NEVER);
      clock.advance(HOUR);
      const dearer = await write(store, { ...record, price: { usdPerHour: 10 } });
      await accrue(store, clock);
      expect(await spent(store, clock)).toBe(2);
      clock.advance(2 * HOUR);
      await write(store, ended(dearer));
      expect(await spent(store, clock)).toBe(12);
    });
  });
}
