import type { Timestamp } from '@app/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notBeforeStart, notInFuture } from './last-used-rule.js';

const NOW = Date.UTC(2026, 0, 1);
const SKEW = 5_000;
const iso = (ms: number): Timestamp => new Date(ms).toISOString() as Timestamp;

describe('what a report of use may say', () => {
  it('is never later than now, whatever the clock of the client says', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (offset) => {
        const verdict = notInFuture(NOW + offset, NOW);
        expect(verdict.valid).toBe(offset <= SKEW);
        if (verdict.valid) expect(Date.parse(verdict.at)).toBe(Math.min(NOW, NOW + offset));
      }),
    );
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('is a time: %s is none', (ms) => {
    expect(notInFuture(ms, NOW).valid).toBe(false);
  });

  it.each([
    [0, true],
    [-SKEW, true],
    [-SKEW - 1, false],
  ])('%i ms from the start: %s', (offset, valid) => {
    expect(notBeforeStart(iso(NOW + offset), iso(NOW)).valid).toBe(valid);
  });
});
