import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import type { BillDay } from '../src/bill/bill-day.js';
import type { BillStore } from '../src/bill/bill-store.js';

const AT = timestampFromMs(Date.UTC(2026, 2, 2, 13));
export const TODAY = 20_514;

export const aBillDay = (overrides: Partial<BillDay> = {}): BillDay => ({
  day: TODAY - 1,
  checkedAt: AT,
  meteredUsd: 8,
  billedUsd: 10,
  unknown: null,
  detail: null,
  monthly: { instances: 1, usd: 20 },
  instances: [{ novitaInstanceId: 'n1', instanceId: null, name: null, meteredUsd: 8, billedUsd: 10 }],
  others: { instances: 0, meteredUsd: 0, billedUsd: 0 },
  isAnnounced: true,
  ...overrides,
});

export const aBillRun = { at: AT, trigger: 'schedule', error: null } as const;

/** All that the port promises. Every adapter must pass it. */
export function billStoreConformance(
  make: () => Promise<{ readonly store: BillStore; readonly other: BillStore }>,
): void {
  describe('what checks of the bill found', () => {
    it('is nothing before the first', async () => {
      const { store } = await make();
      expect(await store.read()).toEqual({ lastRun: null, days: new Map() });
    });

    it('is the latest of each day, for every process, and the latest run', async () => {
      const { store, other } = await make();
      const unknown = aBillDay({
        day: TODAY - 2,
        billedUsd: null,
        unknown: 'unreadable',
        detail: 'x',
        instances: [],
        others: null,
        isAnnounced: false,
      });
      await store.record(aBillRun, [aBillDay({ billedUsd: 9 }), unknown], TODAY);
      const failed = { at: AT, trigger: 'manual', error: 'Novita does not answer in time' } as const;
      await other.record(failed, [aBillDay()], TODAY);
      const expected = new Map([
        [TODAY - 1, aBillDay()],
        [TODAY - 2, unknown],
      ]);
      for (const each of [store, other]) expect(await each.read()).toEqual({ lastRun: failed, days: expected });
    });

    it('is kept for 31 days', async () => {
      const { store } = await make();
      const days = Array.from({ length: 40 }, (_, i) => aBillDay({ day: TODAY - 1 - i }));
      await store.record(aBillRun, days, TODAY);
      const kept = [...(await store.read()).days.keys()];
      expect([kept.length, Math.min(...kept)]).toEqual([31, TODAY - 31]);
      await store.record(aBillRun, [], TODAY + 10);
      expect((await store.read()).days.size).toBe(21);
    });
  });
}
