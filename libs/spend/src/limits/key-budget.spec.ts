import { timestampFromMs } from '@app/platform';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyBudget } from './key-budget.js';

const HOUR = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 5, 1);
const LIMITS = { usdPerHour: 2, usdPerDay: null, hoursPerInstance: 8 };
const NOTHING = { usdPerHour: 0, unpriced: 0, todayUsd: 0, accruedAt: null };
const UNBILLED = { usdPerHour: 0, unpriced: 0 };

describe('what a key with limits may still begin', () => {
  it('is what its instances leave of an hour', () => {
    expect(keyBudget(LIMITS, { ...NOTHING, usdPerHour: 0.5 }, UNBILLED, MIDNIGHT)).toMatchObject({
      committedUsdPerHour: 0.5,
      leftUsdPerHour: 1.5,
      cap: { usdPerHour: 2, limit: 'usdPerHour' },
      storeCap: { usdPerHour: 2 },
    });
  });

  it('is nothing beside an instance whose price is not known', () => {
    expect(keyBudget(LIMITS, { ...NOTHING, unpriced: 1 }, UNBILLED, MIDNIGHT).leftUsdPerHour).toBe(0);
    const uncounted = keyBudget(LIMITS, NOTHING, { usdPerHour: 0, unpriced: 1 }, MIDNIGHT);
    expect(uncounted).toMatchObject({ leftUsdPerHour: 0, storeCap: { usdPerHour: 0 } });
  });

  it('counts what is billed by a record that the store does not count yet', () => {
    const budget = keyBudget(LIMITS, { ...NOTHING, usdPerHour: 0.5 }, { usdPerHour: 1.25, unpriced: 0 }, MIDNIGHT);
    expect(budget).toMatchObject({ committedUsdPerHour: 1.25, leftUsdPerHour: 0.75, storeCap: { usdPerHour: 1.25 } });
  });

  it('is less where the day would not hold it', () => {
    const spent = { ...NOTHING, todayUsd: 6 };
    // Four dollars are left for the eight hours that one may run.
    expect(keyBudget({ ...LIMITS, usdPerDay: 10 }, spent, UNBILLED, MIDNIGHT + 10 * HOUR).cap).toEqual({
      usdPerHour: 0.5,
      limit: 'usdPerDay',
    });
    // Two hours before midnight for two hours.
    expect(keyBudget({ ...LIMITS, usdPerDay: 10 }, spent, UNBILLED, MIDNIGHT + 22 * HOUR).cap).toEqual({
      usdPerHour: 2,
      limit: 'usdPerHour',
    });
  });

  it('never lets the day cost more, whatever is begun within it and runs until midnight', () => {
    const hours = fc.double({ min: 0, max: 23.9, noNaN: true });
    const usd = fc.double({ min: 0, max: 30, noNaN: true });
    fc.assert(
      fc.property(hours, hours, usd, usd, (at, sinceAccrual, todayUsd, usdPerHour) => {
        const nowMs = MIDNIGHT + at * HOUR;
        const accruedMs = Math.max(MIDNIGHT, nowMs - sinceAccrual * HOUR);
        const spend = { ...NOTHING, todayUsd, usdPerHour, accruedAt: timestampFromMs(accruedMs) };
        const limits = { usdPerHour: 50, usdPerDay: 40, hoursPerInstance: 24 };
        const budget = keyBudget(limits, spend, UNBILLED, nowMs);
        const atMidnight = budget.todayUsd + (usdPerHour + budget.leftUsdPerHour) * (24 - at);
        if (budget.leftUsdPerHour > 0) expect(atMidnight).toBeLessThanOrEqual(40 + 1e-6);
        expect(budget.leftUsdPerHour + usdPerHour).toBeLessThanOrEqual(Math.max(50, usdPerHour));
      }),
      { numRuns: 300 },
    );
  });
});
