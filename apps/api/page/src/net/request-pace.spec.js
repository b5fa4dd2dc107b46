import { describe, expect, it } from 'vitest';
import { RequestPace } from './request-pace.js';

describe('RequestPace', () => {
  /** @param {number} left @param {string} [policy] */
  const answer = (left, policy = 'key') =>
    new Headers({ 'ratelimit-policy': `"${policy}";q=600;w=60`, ratelimit: `"${policy}";r=${left};t=40` });

  it('lets the page ask as usual while there is enough left, or nothing is known', () => {
    const pace = new RequestPace(() => 0);
    expect([pace.waitMs(10_000), pace.isScarce]).toEqual([10_000, false]);
    for (const headers of [answer(180), answer(0, 'address'), new Headers({ ratelimit: 'odd' }), null]) {
      pace.note(headers);
      expect([pace.waitMs(10_000), pace.isScarce]).toEqual([10_000, false]);
    }
  });

  it('slows it down near the limit, stops it at the end of it, and lets it go on in the next window', () => {
    let now = 0;
    const pace = new RequestPace(() => now);
    pace.note(answer(179));
    expect([pace.waitMs(10_000), pace.isScarce]).toEqual([30_000, true]);
    pace.note(answer(59));
    now = 1_000;
    expect([pace.waitMs(10_000), pace.isScarce]).toEqual([39_000, true]);
    now = 40_000;
    expect([pace.waitMs(10_000), pace.isScarce]).toEqual([10_000, false]);
  });
});
