import { dayOf, type SpendReading } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { spendUpTo } from './spend-up-to.js';

const HOUR = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 3, 1);
const DAY = dayOf(MIDNIGHT);

function reading(usdPerHour: number, accruedMs: number | null, spent: [day: number, usd: number][] = []): SpendReading {
  return {
    now: { usdPerHour, byStatus: {}, byRegion: {}, byProduct: {}, unpriced: 0 },
    spentByDay: new Map(spent),
    savedByDay: new Map(spent.map(([day, usd]) => [day, usd / 10])),
    savedInAllUsd: 0,
    accruedAt: accruedMs === null ? null : timestampFromMs(accruedMs),
  };
}

describe('spendUpTo', () => {
  it('adds what has run since the last accrual', () => {
    const spent = spendUpTo(reading(6, MIDNIGHT + 2 * HOUR, [[DAY, 10]]), MIDNIGHT + 2.5 * HOUR);
    expect(spent).toEqual({ todayUsd: 13, monthUsd: 13, accruedTodayUsd: 10, savedTodayUsd: 1, savedMonthUsd: 1 });
  });

  it('gives today only what fell into it, and the month only what fell into that', () => {
    const month = spendUpTo(reading(6, MIDNIGHT - HOUR, [[DAY - 1, 100]]), MIDNIGHT + HOUR);
    expect([month.todayUsd, month.monthUsd]).toEqual([6, 6]);
    const noon = MIDNIGHT + 36 * HOUR;
    const day = spendUpTo(
      reading(6, MIDNIGHT + 23 * HOUR, [
        [DAY - 1, 100],
        [DAY, 20],
        [DAY + 1, 3],
      ]),
      noon,
    );
    expect([day.todayUsd, day.monthUsd, day.savedMonthUsd]).toEqual([75, 101, 2.3]);
  });

  it('gives what is accrued as long as nothing was accrued, or a clock lags behind', () => {
    expect(spendUpTo(reading(6, null), MIDNIGHT + HOUR).todayUsd).toBe(0);
    expect(spendUpTo(reading(6, MIDNIGHT + 2 * HOUR, [[DAY, 12]]), MIDNIGHT + HOUR).todayUsd).toBe(12);
  });
});
