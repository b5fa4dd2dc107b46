import { DAY_MS } from '@app/platform';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAYS_KEPT, dayOf, firstDayOfMonth, monthOf, piecesOf } from './spend-days.js';

const HOUR = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 2, 1);
const DAY = dayOf(MIDNIGHT);

describe('piecesOf', () => {
  it('splits at midnight of UTC', () => {
    expect(piecesOf(1_000_000, MIDNIGHT - HOUR, MIDNIGHT + 2 * HOUR)).toEqual([
      { day: DAY - 1, microUsd: 1_000_000 },
      { day: DAY, microUsd: 2_000_000 },
    ]);
    expect(piecesOf(1_000_000, MIDNIGHT, MIDNIGHT + DAY_MS)).toEqual([{ day: DAY, microUsd: 24_000_000 }]);
  });

  it('is nothing for no time, or for time that runs back', () => {
    expect(piecesOf(1_000_000, MIDNIGHT, MIDNIGHT)).toEqual([]);
    expect(piecesOf(1_000_000, MIDNIGHT + 1, MIDNIGHT)).toEqual([]);
  });

  it('comes to the same however the time is cut', () => {
    const offset = fc.integer({ min: 0, max: 3 * DAY_MS });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 50_000_000 }),
        fc.array(offset, { minLength: 2, maxLength: 40 }),
        (rate, cuts) => {
          const times = cuts.map((cut) => MIDNIGHT - DAY_MS + cut).toSorted((a, b) => a - b);
          const [first = 0, last = 0] = [times[0], times.at(-1)];
          const whole = sums(piecesOf(rate, first, last));
          const cut = sums(times.slice(1).flatMap((time, i) => piecesOf(rate, times[i] ?? 0, time)));
          expect(cut).toEqual(whole);
          const exact = (rate * (last - first)) / HOUR;
          const total = Object.values(whole).reduce((sum, amount) => sum + amount, 0);
          // Rounded down, once for each day.
          expect(Math.abs(total - exact)).toBeLessThan(5);
        },
      ),
    );
  });

  it('goes back no further than sums are kept', () => {
    expect(piecesOf(1, 0, MIDNIGHT)).toHaveLength(DAYS_KEPT);
  });
});

describe('months of UTC', () => {
  it('begin where they do, leap years included', () => {
    expect(monthOf(dayOf(Date.UTC(2028, 1, 29)))).toBe(2028 * 12 + 1);
    expect(monthOf(dayOf(Date.UTC(2028, 2, 1)))).toBe(2028 * 12 + 2);
    expect(monthOf(dayOf(Date.UTC(2026, 11, 31)))).toBe(2026 * 12 + 11);
    expect(firstDayOfMonth(2026 * 12 + 2)).toBe(DAY);
  });
});

function sums(pieces: readonly { readonly day: number; readonly microUsd: number }[]): Record<number, number> {
  const byDay: Record<number, number> = {};
  for (const { day, microUsd } of pieces) byDay[day] = (byDay[day] ?? 0) + microUsd;
  for (const [day, amount] of Object.entries(byDay)) if (amount === 0) delete byDay[Number(day)];
  return byDay;
}
