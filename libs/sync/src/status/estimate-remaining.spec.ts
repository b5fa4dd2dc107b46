import { describe, expect, it } from 'vitest';
import { aRun, msAt } from '../../test/fakes/a-run.js';
import { estimateRemaining } from './estimate-remaining.js';
import { withProgress } from './run-status.js';
import type { RunStatus } from './sync-status.js';

const listing = (count: number, total: number | null, run: RunStatus = aRun()) =>
  withProgress(run, 'instances', { status: 'in_progress', count, total });
const EXPECTED = aRun({ expectedDurationMs: 20_000 });

describe('the estimated rest of a run', () => {
  it.each([
    ['by runs before, when nothing is listed yet', EXPECTED, 5, 15],
    ['rounded up to whole seconds', EXPECTED, 5.4, 15],
    ['never below zero, however long it takes', EXPECTED, 500, 0],
    ['whole, when the clock of this host is behind', EXPECTED, -3, 20],
    ['by its own pace, when part of the instances is listed', listing(250, 1_000), 5, 15],
    ['by its own pace rather than by runs before', listing(500, 1_000, EXPECTED), 30, 30],
    ['by runs before, while too little is listed', listing(40, 1_000, EXPECTED), 5, 15],
    ['by runs before, when everything is listed', listing(1_000, 1_000, EXPECTED), 5, 15],
    ['by runs before, while the number of instances is not known', listing(250, null, EXPECTED), 5, 15],
    ['unknown, when there is nothing to go by', listing(250, null), 5, null],
    ['unknown, when there are no instances', listing(0, 0), 5, null],
    ['none, when it is over', aRun({ state: 'completed', expectedDurationMs: 20_000 }), 5, null],
    ['none, before the first', aRun({ state: 'not_started', startedAt: null, expectedDurationMs: 1 }), 5, null],
  ])('is %s', (_, run, seconds, expected) => {
    expect(estimateRemaining(run, msAt(seconds))).toBe(expected);
  });

  it('goes by runs before once the instances are listed', () => {
    const run = withProgress(listing(500, 1_000, EXPECTED), 'instances', { status: 'completed' });
    expect(estimateRemaining(run, msAt(6))).toBe(14);
  });
});
