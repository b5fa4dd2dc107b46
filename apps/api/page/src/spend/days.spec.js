import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasOthers, seriesOf, stacksOf } from './days.js';

/** @param {string} day @param {Readonly<Record<string, number>>} parts @param {number} [otherUsd] @returns {import('./days.js').Day} */
const aDay = (day, parts, otherUsd = 0) => ({
  day,
  usd: Object.values(parts).reduce((sum, amount) => sum + amount, otherUsd),
  savedUsd: 0,
  parts,
  otherUsd,
});

describe('the days of the spend', () => {
  const days = [
    aDay('2026-03-01', { 'user:ci': 2, 'user:lab': 5 }),
    aDay('2026-03-02', { 'user:ci': 6, elsewhere: 1, unknown: 0 }, 0.5),
  ];

  it('are divided into what cost most over all of them', () => {
    expect(seriesOf(days)).toEqual(['user:ci', 'user:lab', 'elsewhere']);
    expect(seriesOf([])).toEqual([]);
  });

  it('keep the order of the parts on every day, also where one is missing', () => {
    const stacks = stacksOf(days, seriesOf(days));
    expect(stacks.map(({ parts }) => parts)).toEqual([
      [2, 5, 0, 0],
      [6, 0, 1, 0.5],
    ]);
    expect(hasOthers(stacks)).toBe(true);
    expect(hasOthers(stacks.slice(0, 1))).toBe(false);
  });

  it('are as many parts as can be told apart, which always add up to the day', () => {
    const parts = fc.dictionary(fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 500 }), { maxKeys: 9 });
    const many = fc.array(fc.tuple(parts, fc.integer({ min: 0, max: 50 })), { maxLength: 40 });
    fc.assert(
      fc.property(many, (list) => {
        const made = list.map(([named, other], index) => aDay(`day-${index}`, named, other));
        const series = seriesOf(made);
        expect(series.length).toBeLessThanOrEqual(4);
        for (const { day, parts: shown } of stacksOf(made, series)) {
          expect(shown).toHaveLength(series.length + 1);
          expect(shown.reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(day.usd, 6);
        }
      }),
    );
  });
});
