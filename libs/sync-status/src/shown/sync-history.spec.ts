import { describe, expect, it } from 'vitest';
import { aHistoryEntry, KINDS, NOT_STARTED } from '../../test/fakes/a-run.js';
import { expectedDuration, summariseHistory } from './sync-history.js';

const took = (durationMs: number) => aHistoryEntry({ durationMs });
const failedAfter = (durationMs: number) => aHistoryEntry({ outcome: 'failed', error: 'no', durationMs });

describe('the summary of the history', () => {
  it('has neither average nor rate of no runs', () => {
    expect(summariseHistory([])).toEqual({ runs: [], count: 0 });
  });

  it('averages the runs that completed and rates those that failed', () => {
    const runs = [took(1_000), failedAfter(60_000), took(2_001), took(3_000)];
    expect(summariseHistory(runs)).toEqual({ runs, count: 4, averageDurationMs: 2_000, failureRate: 0.25 });
  });

  it('has no average when all failed', () => {
    expect(summariseHistory([failedAfter(5)])).toMatchObject({ failureRate: 1 });
    expect(summariseHistory([failedAfter(5)])).not.toHaveProperty('averageDurationMs');
  });
});

describe('the duration to expect', () => {
  it.each([
    ['unknown without a history', [], null],
    ['unknown after failures alone', [failedAfter(5)], null],
    ['that of the only one', [took(700)], 700],
    ['the middle of two', [took(701), took(900)], 801],
    ['the median of the latest five', [5, 900, 10, 20, 15, 1, 1, 1].map(took), 15],
    ['not touched by failures between', [took(5), failedAfter(9_999), took(7), took(9)], 7],
  ])('is %s', (_, history, expected) => {
    expect(expectedDuration(history, KINDS)).toBe(expected);
  });

  it('goes by runs over the same kinds, in whatever order', () => {
    const [instances, gpus, ...others] = NOT_STARTED.resources;
    if (instances === undefined || gpus === undefined) throw new Error('there are kinds');
    const small = aHistoryEntry({ durationMs: 3, resources: [instances, gpus] });
    const other = aHistoryEntry({ durationMs: 4, resources: others });
    expect(expectedDuration([took(700), other, small], ['gpu-products', 'instances'])).toBe(3);
    expect(expectedDuration([other, small], KINDS)).toBeNull();
  });
});
