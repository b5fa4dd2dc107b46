import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import type { MigrationStatsStore, RecordedCheck } from '../src/stats/migration-stats-store.js';

const AT = timestampFromMs(Date.UTC(2026, 0, 1));

const aRecordedCheck = (overrides: Partial<RecordedCheck> = {}): RecordedCheck => ({
  checkId: 'check',
  trigger: 'schedule',
  dryRun: false,
  startedAt: AT,
  endedAt: AT,
  checked: 3,
  eligible: 2,
  handedOver: 1,
  ...overrides,
});

/** All that the port promises. Every adapter must pass it. */
export function migrationStatsStoreConformance(
  make: () => { readonly store: MigrationStatsStore; readonly other: MigrationStatsStore },
): void {
  describe('the statistics of migration', () => {
    it('are empty before the first check', async () => {
      const { store } = make();
      expect(await store.read()).toEqual({ lastRun: null, totals: { checked: 0, eligible: 0, handedOver: 0 } });
    });

    it('hold the latest check for every process', async () => {
      const { store, other } = make();
      await store.record(aRecordedCheck());
      const run = aRecordedCheck({ checkId: 'b', trigger: 'manual', checked: 0 });
      await other.record(run);
      expect(await store.read()).toMatchObject({ lastRun: run });
      expect(await other.read()).toEqual(await store.read());
    });

    it('add up, several at the same time too', async () => {
      const { store, other } = make();
      await Promise.all([store, other, store].map((by) => by.record(aRecordedCheck())));
      expect((await store.read()).totals).toEqual({ checked: 9, eligible: 6, handedOver: 3 });
    });
  });
}
