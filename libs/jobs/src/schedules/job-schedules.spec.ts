import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRunUnder } from './job-schedules.js';

const NOW = 1_000_000;

describe('nextRunUnder', () => {
  it('comes sooner with a shorter period, and is not postponed by a longer one', () => {
    expect(nextRunUnder(100, NOW + 5_000, NOW)).toBe(NOW + 100);
    expect(nextRunUnder(60_000, NOW + 5_000, NOW)).toBe(NOW + 5_000);
    expect(nextRunUnder(100, NOW - 7, NOW)).toBe(NOW - 7);
  });

  it('neither runs early nor starves while two processes disagree about the period', () => {
    const period = fc.integer({ min: 100, max: 10_000 });
    fc.assert(
      fc.property(period, period, fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 50 }))), (a, b, turns) => {
        let now = NOW;
        let due = NOW + a;
        for (const [isA, passed] of turns) {
          now += passed;
          if (due > now) due = nextRunUnder(isA ? a : b, due, now);
        }
        expect(due).toBeGreaterThanOrEqual(NOW + Math.min(a, b));
        expect(due).toBeLessThanOrEqual(NOW + a);
      }),
    );
  });
});
