import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thinOut } from './fleet-history.js';

const upTo = (length: number): number[] => Array.from({ length }, (_, i) => i);

describe('thinOut', () => {
  it('leaves what is few enough as it is', () => {
    expect(thinOut(upTo(144), 144)).toEqual(upTo(144));
    expect(thinOut([], 144)).toEqual([]);
  });

  it('keeps exactly as many as it may, the first and the last among them, evenly spread', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.integer({ min: 1, max: 2_000 }), (limit, more) => {
        const length = limit + more;
        const kept = thinOut(upTo(length), limit);
        expect(kept).toHaveLength(limit);
        expect([kept[0], kept.at(-1)]).toEqual([0, length - 1]);
        const step = (length - 1) / (limit - 1);
        for (const [place, item] of kept.entries()) expect(Math.abs(item - place * step)).toBeLessThanOrEqual(0.5);
      }),
    );
  });
});
