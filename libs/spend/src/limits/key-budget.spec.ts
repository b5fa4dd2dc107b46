import type { InstanceId, OwnerCommitments } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyBudget } from './key-budget.js';

const HOUR = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 5, 1);
const LIMITS = { usdPerHour: 2, usdPerDay: null, hoursPerInstance: 8 };
const NOTHING = { commitments: new Map(), todayUsd: 0, accruedAt: null };
const NONE: OwnerCommitments = new Map();
const costs = (prices: Record<string, number | null>): OwnerCommitments =>
  new Map(Object.entries(prices).map(([id, price]) => [id as InstanceId, price]));

describe('what a key with limits may still begin', () => {
  it('is what its instances leave of an hour', () => {
    const commitments = costs({ a: 0.25, b: 0.25 });
    expect(keyBudget(LIMITS, { ...NOTHING, commitments }, costs({ a: 0.25 }), MIDNIGHT)).toMatchObject({
      committedUsdPerHour: 0.5,
      leftUsdPerHour: 1.5,
      cap: { usdPerHour: 2, limit: 'usdPerHour' },
      uncounted: { usdPerHour: 0, unpriced: [] },
    });
  });

  it('is nothing beside an instance whose price is not known', () => {
    const counted = keyBudget(LIMITS, { ...NOTHING, commitments: costs({ a: null }) }, costs({ a: null }), MIDNIGHT);
    expect(counted).toMatchObject({ unpriced: 1, leftUsdPerHour: 0, uncounted: { unpriced: [] } });
    const uncounted = keyBudget(LIMITS, NOTHING, costs({ a: null }), MIDNIGHT);
    expect(uncounted).toMatchObject({ unpriced: 1, leftUsdPerHour: 0, uncounted: { unpriced: ['a'] } });
  });

  it('counts what the records show and the store does not, instance by instance', () => {
    const commitments = costs({ b: 1, c: 0.25 });
    const budget = keyBudget(LIMITS, { ...NOTHING, commitments }, costs({ a: 0.5, c: 0.5 }), MIDNIGHT);
    expect(budget).toMatchObject({
      committedUsdPerHour: 2,
      leftUsdPerHour: 0,
      cap: { usdPerHour: 2 },
      uncounted: { usdPerHour: 0.75 },
    });
  });

  it('is less where the day would not hold it', () => {
    const spent = { ...NOTHING, todayUsd: 6 };
    // Four dollars are left for fourteen hours.
    expect(keyBudget({ ...LIMITS, usdPerDay: 10 }, spent, NONE, MIDNIGHT + 10 * HOUR).cap).toEqual({
      usdPerHour: 4 / 14,
      limit: 'usdPerDay',
    });
    // Two hours before midnight for two hours.
    expect(keyBudget({ ...LIMITS, usdPerDay: 10 }, spent, NONE, MIDNIGHT + 22 * HOUR).cap).toEqual({
      usdPerHour: 2,
      limit: 'usdPerHour',
    });
  });

  it('never lets the day cost more, whatever is begun within it and however long anything lives', () => {
    const hours = fc.double({ min: 0, max: 23.9, noNaN: true });
    const lifetime = fc.double({ min: 0.1, max: 48, noNaN: true });
    const usd = fc.double({ min: 0, max: 30, noNaN: true });
    fc.assert(
      fc.property(hours, hours, lifetime, usd, usd, (at, sinceAccrual, hoursPerInstance, todayUsd, usdPerHour) => {
        const nowMs = MIDNIGHT + at * HOUR;
        const accruedAt = timestampFromMs(Math.max(MIDNIGHT, nowMs - sinceAccrual * HOUR));
        const limits = { usdPerHour: 50, usdPerDay: 40, hoursPerInstance };
        const spend = { commitments: costs({ endless: usdPerHour }), todayUsd, accruedAt };
        const budget = keyBudget(limits, spend, NONE, nowMs);
        const atMidnight = budget.todayUsd + (usdPerHour + budget.leftUsdPerHour) * (24 - at);
        if (budget.leftUsdPerHour > 0) expect(atMidnight).toBeLessThanOrEqual(40 + 1e-6);
        expect(budget.leftUsdPerHour + usdPerHour).toBeLessThanOrEqual(Math.max(50, usdPerHour) + 1e-9);
      }),
      { numRuns: 300 },
    );
  });
});
