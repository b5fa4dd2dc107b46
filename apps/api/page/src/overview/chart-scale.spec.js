import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linear, timeTicks, valueTicks } from './chart-scale.js';

const HOUR = 3_600_000;
const MIDNIGHT = Date.parse('2026-03-01T00:00:00.000Z');

describe('linear', () => {
  it('places values, and those of a domain without extent in the middle', () => {
    expect(linear([0, 10], [100, 0])(2.5)).toBe(75);
    expect(linear([5, 5], [0, 100])(5)).toBe(50);
  });
});

describe('valueTicks', () => {
  it.each([
    [0, false, [0, 0.5, 1]],
    [0, true, [0, 1]],
    [2, true, [0, 1, 2]],
    [8, true, [0, 5, 10]],
    [2.4, false, [0, 1, 2, 3]],
    [0.35, false, [0, 0.2, 0.4]],
    [1_500, true, [0, 500, 1_000, 1_500]],
  ])('up to %d (whole: %s) are %j', (greatest, isWhole, ticks) => {
    expect(valueTicks(greatest, { most: 4, isWhole })).toEqual(ticks);
  });

  it('are few, rise evenly and reach the greatest value', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.integer({ min: 2, max: 6 }), (greatest, most) => {
        const ticks = valueTicks(greatest, { most });
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(most);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(greatest * (1 - 1e-6));
      }),
    );
  });
});

describe('timeTicks', () => {
  it('are full hours of the reader, not of UTC', () => {
    const from = MIDNIGHT + 10 * 60_000;
    expect(timeTicks([from, from + 6 * HOUR], 3, 0)).toEqual([2, 4, 6].map((hour) => MIDNIGHT + hour * HOUR));
    const half = HOUR / 2;
    expect(timeTicks([from, from + 2 * HOUR], 2, half)).toEqual([MIDNIGHT + half, MIDNIGHT + half + HOUR]);
  });

  it('are inside, at most as many as wanted, and equally far apart', () => {
    fc.assert(
      fc.property(fc.nat(3 * 24 * HOUR), fc.integer({ min: 1, max: 8 }), (length, most) => {
        const ticks = timeTicks([MIDNIGHT + 12_345, MIDNIGHT + 12_345 + length], most, -5 * HOUR);
        expect(ticks.length).toBeLessThanOrEqual(most);
        const distances = new Set(ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? 0)));
        expect(distances.size).toBeLessThanOrEqual(1);
        for (const tick of ticks) {
          expect(tick).toBeGreaterThanOrEqual(MIDNIGHT + 12_345);
          expect(tick).toBeLessThanOrEqual(MIDNIGHT + 12_345 + length);
        }
      }),
    );
  });
});
