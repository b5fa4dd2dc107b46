import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelayMs } from './backoff.js';

describe('backoffDelayMs', () => {
  const backoff = { firstDelayMs: 1_000, maxDelayMs: 30_000 };

  it('doubles its ceiling with every fault, up to the longest delay', () => {
    const almostOne = 1 - Number.EPSILON;
    expect([1, 2, 3, 5, 6, 60].map((faults) => backoffDelayMs(backoff, faults, almostOne))).toEqual([
      1_000, 2_000, 4_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('is anywhere between nothing and that ceiling, and never zero', () => {
    expect(backoffDelayMs(backoff, 3, 0)).toBe(1);
    expect(backoffDelayMs(backoff, 3, 0.5)).toBe(2_000);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (faults, random) => {
        const delay = backoffDelayMs(backoff, faults, random);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(1);
        expect(delay).toBeLessThanOrEqual(30_000);
      }),
    );
  });
});
