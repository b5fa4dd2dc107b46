import { describe, expect, it } from 'vitest';
import type { IdleCost } from '../src/spend/idle-cost.js';
import { type AutoStopStatsStore, NO_STATS, type RecordedCheck } from '../src/stats/auto-stop-stats-store.port.js';
import { minutes } from './fakes/an-idle-instance.js';

export const aRecordedCheck = (overrides: Partial<RecordedCheck> = {}): RecordedCheck => ({
  checkId: 'check',
  trigger: 'schedule',
  dryRun: false,
  startedAt: minutes(0),
  endedAt: minutes(0.01),
  suspended: null,
  checked: 5,
  eligible: 4,
  warned: 1,
  stopped: 2,
  failed: 1,
  more: false,
  ...overrides,
});

export const anIdleCost = (overrides: Partial<IdleCost> = {}): IdleCost => ({
  asOf: minutes(0),
  usdPerHour: 0.75,
  instances: 3,
  unpriced: 1,
  byReason: {
    due: { usdPerHour: 0.5, instances: 1 },
    notYetDue: { usdPerHour: 0, instances: 0 },
    autoStopOff: { usdPerHour: 0, instances: 1 },
    monthly: { usdPerHour: 0, instances: 0 },
    useNotKnown: { usdPerHour: 0.25, instances: 1 },
  },
  ...overrides,
});

/** All that the port promises. Every adapter must pass it. */
export function autoStopStatsStoreConformance(
  make: () => Promise<{ readonly store: AutoStopStatsStore; readonly other: AutoStopStatsStore }>,
): void {
  describe('the statistics of auto-stop', () => {
    it('are empty before the first check', async () => {
      const { store } = await make();
      expect(await store.read()).toEqual(NO_STATS);
    });

    it('hold the latest check for every process', async () => {
      const { store, other } = await make();
      await store.record(aRecordedCheck());
      const run = aRecordedCheck({ checkId: 'b', trigger: 'manual', suspended: 'no sync – yet "ü"', more: true });
      await other.record(run);
      expect(await store.read()).toMatchObject({ lastRun: run });
      expect(await other.read()).toEqual(await store.read());
    });

    it('hold what idled when it was last measured, and a check leaves it', async () => {
      const { store, other } = await make();
      await store.noteIdle(anIdleCost({ asOf: minutes(-1), usdPerHour: 0 }));
      await other.noteIdle(anIdleCost());
      await store.record(aRecordedCheck());
      expect((await other.read()).idle).toEqual(anIdleCost());
      expect((await store.read()).idle).toEqual(anIdleCost());
    });

    it('add up, several at the same time too', async () => {
      const { store, other } = await make();
      const record = (by: AutoStopStatsStore) => by.record(aRecordedCheck());
      await Promise.all([record(store), record(other), record(store)]);
      expect((await store.read()).totals).toEqual({ checked: 15, eligible: 12, stopped: 6, failed: 3 });
    });
  });
}
