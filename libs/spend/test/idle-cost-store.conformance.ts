import { describe, expect, it } from 'vitest';
import type { IdleCost } from '../src/idle/idle-cost.js';
import type { IdleCostStore } from '../src/idle/idle-cost-store.js';
import { minutes } from './fakes/spend-world.js';

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
export function idleCostStoreConformance(
  make: () => Promise<{ readonly store: IdleCostStore; readonly other: IdleCostStore }>,
): void {
  describe('the cost of what idles', () => {
    it('is not known before the first measurement', async () => {
      const { store } = await make();
      expect(await store.latest()).toBeNull();
    });

    it('is the latest measurement, for every process', async () => {
      const { store, other } = await make();
      await store.record(anIdleCost({ asOf: minutes(-1), usdPerHour: 0 }));
      await other.record(anIdleCost());
      expect(await store.latest()).toEqual(anIdleCost());
      expect(await other.latest()).toEqual(anIdleCost());
    });
  });
}
