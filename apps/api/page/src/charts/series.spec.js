import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestIndex, stepPaths, stretches, usualDistance } from './series.js';

/** @param {readonly number[]} times */
const samplesAt = (...times) => times.map((atMs) => ({ atMs, value: atMs / 10 }));

describe('stretches', () => {
  it('leave a gap where no samples were; one that came late is none', () => {
    const parts = stretches(samplesAt(0, 10, 20, 45, 55, 100, 110), 120);
    expect(parts.map(({ samples }) => samples.map(({ atMs }) => atMs))).toEqual([
      [0, 10, 20, 45, 55],
      [100, 110],
    ]);
  });

  it('hold their last value for the usual distance, and never beyond now', () => {
    const parts = stretches(samplesAt(0, 10, 20, 100, 110), 112);
    expect(parts.map(({ endMs }) => endMs)).toEqual([30, 112]);
  });

  it('are none without samples, and one for a single sample', () => {
    expect(stretches([], 5)).toEqual([]);
    expect(stretches(samplesAt(3), 9)).toEqual([{ samples: samplesAt(3), endMs: 3 }]);
    expect(usualDistance(samplesAt(3))).toBe(0);
  });

  it('keep every sample, in order', () => {
    const times = fc.uniqueArray(fc.nat(100_000)).map((list) => list.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(times, (list) => {
        const parts = stretches(samplesAt(...list), 100_000);
        expect(parts.flatMap(({ samples }) => samples)).toEqual(samplesAt(...list));
      }),
    );
  });
});

describe('stepPaths', () => {
  it('draw a step at each sample and the ground below', () => {
    const stretch = { samples: samplesAt(0, 10, 20), endMs: 30 };
    const place = {
      x: (/** @type {number} */ atMs) => atMs,
      y: (/** @type {number} */ value) => 10 - value,
      ground: 10,
    };
    expect(stepPaths(stretch, place)).toEqual({
      line: 'M0 10H10V9H20V8H30',
      area: 'M0 10H10V9H20V8H30V10H0Z',
    });
  });
});

describe('nearestIndex', () => {
  it('finds what a search through all of them finds', () => {
    const places = fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 1 });
    fc.assert(
      fc.property(places, fc.integer({ min: -50, max: 1_050 }), (unsorted, wanted) => {
        const sorted = unsorted.toSorted((a, b) => a - b);
        const found = sorted[nearestIndex(sorted, wanted)] ?? Number.NaN;
        expect(Math.abs(found - wanted)).toBe(Math.min(...sorted.map((place) => Math.abs(place - wanted))));
      }),
    );
    expect(nearestIndex([], 5)).toBe(-1);
  });
});
