import { describe, expect, it } from 'vitest';
import { type AutoStopStatsStore, NO_STATS, type RecordedCheck } from '../src/stats/auto-stop-stats-store.js';
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

    it('count a stop between two checks, and leave the latest run', async () => {
      const { store, other } = await make();
      await store.record(aRecordedCheck());
      await Promise.all([store.countStop(), other.countStop()]);
      expect(await other.read()).toMatchObject({ lastRun: aRecordedCheck(), totals: { checked: 5, stopped: 4 } });
    });

    it('add up, several at the same time too', async () => {
      const { store, other } = await make();
      const record = (by: AutoStopStatsStore) => by.record(aRecordedCheck());
      await Promise.all([record(store), record(other), record(store)]);
      expect((await store.read()).totals).toEqual({ checked: 15, eligible: 12, stopped: 6, failed: 3 });
    });
  });
}
