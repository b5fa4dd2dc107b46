import { describe, expect, it } from 'vitest';
import { aRun, at, KINDS, msAt, NOT_STARTED } from '../../test/fakes/a-run.js';
import { withProgress } from '../model/kind-progress.js';
import { endRun } from '../model/run-transitions.js';
import { NO_CHANGES, type RunStatus, type SyncPause } from '../model/sync-status.js';
import { effectiveRun, estimateRemaining, presentSyncStatus } from './shown-status.js';

describe('the run as it is shown', () => {
  it('is the stored one while its lock is good, and two seconds longer', () => {
    const run = aRun();
    expect(effectiveRun(run, msAt(30))).toBe(run);
    expect(effectiveRun(run, msAt(32))).toBe(run);
    expect(effectiveRun(run, msAt(32) + 1)).not.toBe(run);
  });

  it('has failed with all that it was reading once its worker is gone', () => {
    const run = withProgress(withProgress(aRun(), 'clusters', { status: 'completed', count: 3 }), 'instances', {
      status: 'in_progress',
      count: 200,
    });
    const shown = effectiveRun(run, msAt(60));
    expect(shown).toMatchObject({
      state: 'failed',
      error: 'its worker is gone; the next run starts anew',
      endedAt: at(30),
      currentResource: null,
      leaseUntil: null,
    });
    expect(shown.resources.filter(({ status }) => status !== 'pending')).toMatchObject([
      { name: 'instances', status: 'failed', count: 200, error: shown.error },
      { name: 'clusters', status: 'completed', count: 3, error: null },
    ]);
    expect(run.state).toBe('in_progress');
  });

  it.each(['not_started', 'completed', 'failed'] as const)('is the stored one for ever when %s', (state) => {
    const run = aRun({ state });
    expect(effectiveRun(run, msAt(1_000_000))).toBe(run);
  });

  it('is the stored one when nobody knows of a lock', () => {
    const run = aRun({ leaseUntil: null });
    expect(effectiveRun(run, msAt(1_000_000))).toBe(run);
  });
});

const present = (run: RunStatus, seconds = 5, paused: SyncPause | null = null) =>
  presentSyncStatus({ run, paused, eventId: '5-0' }, msAt(seconds));
const PENDING = KINDS.map((name) => ({ name, status: 'pending', count: 0 }));
const ENDED = { changes: NO_CHANGES, at: at(5.234) };

describe('the public status of the sync', () => {
  it('is next to nothing before the first run', () => {
    expect(present(NOT_STARTED)).toEqual({
      status: 'not_started',
      totalResources: 9,
      syncedResources: 0,
      resourceStatus: PENDING,
    });
  });

  it('says of a run in progress how far it is and how long it still takes', () => {
    let run = aRun({ expectedDurationMs: 12_000, held: { since: at(-9), reason: 'many are missing', wouldRemove: 4 } });
    run = withProgress(run, 'clusters', { status: 'completed', count: 3, total: 3, note: 'one was unreadable' });
    run = withProgress(run, 'jobs', { status: 'failed', error: 'Novita answered 500' });
    run = withProgress(run, 'instances', { status: 'in_progress', count: 2, total: 100 });
    const shown = present({ ...run, nextRunAt: at(1_800), instancesAsOf: at(-100) });
    expect(shown).toEqual({
      status: 'in_progress',
      step: 'sync',
      currentResource: 'instances',
      totalResources: 9,
      syncedResources: 2,
      startTime: at(0),
      resourceStatus: PENDING.map((pending) => {
        if (pending.name === 'instances') return { ...pending, status: 'in_progress', count: 2, total: 100 };
        if (pending.name === 'jobs') return { ...pending, status: 'failed', error: 'Novita answered 500' };
        if (pending.name !== 'clusters') return pending;
        return { ...pending, status: 'completed', count: 3, total: 3, note: 'one was unreadable' };
      }),
      runId: '01KDVD00000000000000000001',
      trigger: 'manual',
      estimatedRemainingSeconds: 7,
      held: { since: at(-9), reason: 'many are missing', wouldRemove: 4 },
      nextRun: at(1_800),
      instancesAsOf: at(-100),
    });
  });

  it('says of a completed run when it ended and how long it took', () => {
    expect(
      present(endRun(aRun({ expectedDurationMs: 12_000 }), { ...ENDED, outcome: 'completed', error: null })),
    ).toEqual({
      status: 'completed',
      step: 'done',
      totalResources: 9,
      syncedResources: 0,
      startTime: at(0),
      endTime: at(5.234),
      duration: 5_234,
      resourceStatus: PENDING,
      runId: '01KDVD00000000000000000001',
      trigger: 'manual',
      lastSuccess: { runId: '01KDVD00000000000000000001', startTime: at(0), endTime: at(5.234) },
    });
  });

  const failedRun = endRun(aRun({ retry: { count: 1, nextAt: null } }), {
    ...ENDED,
    outcome: 'failed',
    error: 'instances: no answer',
    nextRetryAt: at(35),
    nextRunAt: at(1_800),
  });

  it('says of a failed run why, how often, and when it is tried again', () => {
    expect(present(failedRun)).toMatchObject({
      status: 'failed',
      step: 'sync',
      error: 'instances: no answer',
      duration: 5_234,
      retryCount: 2,
      nextRetry: at(35),
      nextRun: at(1_800),
    });
  });

  it('promises no automatic run while it is paused', () => {
    const shown = present(failedRun, 5, { since: at(4), by: 'user:ops' });
    expect(shown).toMatchObject({ paused: { since: at(4), by: 'user:ops' }, retryCount: 2 });
    expect(shown).not.toHaveProperty('nextRetry');
    expect(shown).not.toHaveProperty('nextRun');
  });

  it('says of a run whose worker is gone that it failed', () => {
    const shown = present(aRun({ expectedDurationMs: 12_000 }), 60);
    expect(shown).toMatchObject({ status: 'failed', error: expect.stringContaining('worker is gone') as string });
    expect(shown).toMatchObject({ endTime: at(30), duration: 30_000 });
    expect(shown).not.toHaveProperty('estimatedRemainingSeconds');
  });

  it('cuts off what an upstream had to say at length', () => {
    const error = 'x'.repeat(10_000);
    const run = withProgress(aRun(), 'jobs', { status: 'failed', error, note: error });
    expect(JSON.stringify(present(endRun(run, { ...ENDED, outcome: 'failed', error }))).length).toBeLessThan(8_000);
  });

  it('holds no null: what does not apply is absent', () => {
    for (const run of [NOT_STARTED, aRun(), failedRun, aRun({ step: null, startedAt: null, leaseUntil: null })]) {
      expect(JSON.stringify(present(run))).not.toContain('null');
    }
  });
});

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
