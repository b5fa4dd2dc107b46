import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drainPlan } from './job-workers.port.js';

describe('drainPlan', () => {
  it('shares the time out', () => {
    expect(drainPlan(21_000)).toEqual({
      answerMs: 2_000,
      finishMs: 5_000,
      disconnectMs: 500,
      giveBackMs: 13_000,
    });
    expect(drainPlan(1_500)).toEqual({ answerMs: 500, finishMs: 500, disconnectMs: 75, giveBackMs: 350 });
  });

  it('never takes more than there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600_000 }), (withinMs) => {
        const { answerMs, finishMs, giveBackMs, disconnectMs } = drainPlan(withinMs);
        expect(answerMs + finishMs + giveBackMs + 2 * disconnectMs).toBeLessThanOrEqual(withinMs);
        expect(Math.min(answerMs, finishMs, giveBackMs, disconnectMs)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
