import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestIndex } from './chart-frame.js';
import { runMessage, runsSummary } from './sync-chart.js';
import { latestText, seriesSummary, stepPaths, stretches, usualDistance } from './time-chart.js';

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

describe('the value in the head', () => {
  const NOW = Date.parse('2026-03-01T10:00:00.000Z');

  it('is the present one', () => {
    expect(latestText('4 running', NOW, NOW)).toBe('4 running');
  });

  it('says when it was, where it is not the present one', () => {
    expect(latestText('0 running', NOW - 600_000, NOW)).toMatch(/^0 running at \d/);
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

const MINUTE = 60_000;
const text = (/** @type {number} */ value) => `${value} running`;

describe('seriesSummary', () => {
  it('says span, latest, least, greatest and gaps', () => {
    const samples = [4, 9, 6].map((value, index) => ({ atMs: index * 30 * MINUTE, value }));
    expect(seriesSummary('Running instances', samples, text, 0)).toBe(
      'Running instances over 1 h: 6 running at the end, between 4 running and 9 running.',
    );
    expect(seriesSummary('Running instances', samples, text, 2)).toMatch(/ 2 gaps without samples\.$/);
    expect(seriesSummary('Running instances', samples, text, 1)).toMatch(/ One gap without samples\.$/);
  });

  it('of what never changed, and of nothing', () => {
    const samples = [5, 5].map((value, index) => ({ atMs: index * MINUTE, value }));
    expect(seriesSummary('Running', samples, text, 0)).toBe(
      'Running over 1 min: 5 running at the end, always 5 running.',
    );
    expect(seriesSummary('Running', [{ atMs: 0, value: 5 }], text, 0)).toBe('Running: 5 running, by one sample.');
    expect(seriesSummary('Running', [], text, 0)).toBe('Running: no samples yet.');
  });
});

describe('runs', () => {
  /** @type {import('../net/api-types.js').SyncRunView} */
  const run = {
    runId: 'r',
    trigger: 'schedule',
    requestedBy: 'schedule',
    changes: { updated: 0, created: 0, adopted: 0, removed: 0, markedTerminated: 0, leftMissing: 0 },
    held: false,
    failedResources: [],
    resourceStatus: [],
    outcome: 'completed',
    startTime: '2026-03-01T10:00:00.000Z',
    endTime: '2026-03-01T10:00:05.000Z',
    duration: 5_000,
  };

  it('are summed up with how many failed', () => {
    const runs = [
      run,
      { ...run, duration: 9_000, outcome: /** @type {const} */ ('failed') },
      { ...run, duration: 300 },
    ];
    expect(runsSummary(runs)).toBe(
      'Duration of the last 3 syncs: 300 ms at the end, between 300 ms and 9.0 s; 1 failed.',
    );
    expect(runsSummary([run])).toMatch(/^Duration of the last sync: 5\.0 s at the end.*; none failed\.$/);
    expect(runsSummary([])).toMatch(/none has run yet/);
  });

  it('say one by one how they ended', () => {
    const now = Date.parse(run.endTime);
    expect(runMessage(run, now)).toMatch(/took 5\.0 s$/);
    expect(runMessage({ ...run, outcome: 'failed', held: true }, now)).toMatch(/failed after 5\.0 s, held$/);
  });
});
