import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drainPlan } from './drain-plan.js';

describe('drainPlan', () => {
  it('shares the time out', () => {
    expect(drainPlan(21_000)).toEqual({ finishMs: 5_000, disconnectMs: 500, giveBackMs: 15_000 });
    expect(drainPlan(1_500)).toEqual({ finishMs: 500, disconnectMs: 75, giveBackMs: 850 });
  });

  it('never takes more than there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600_000 }), (withinMs) => {
        const { finishMs, giveBackMs, disconnectMs } = drainPlan(withinMs);
        expect(finishMs + giveBackMs + 2 * disconnectMs).toBeLessThanOrEqual(withinMs);
        expect(Math.min(finishMs, giveBackMs, disconnectMs)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
