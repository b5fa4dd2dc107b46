import { describe, expect, it } from 'vitest';
import { aRun, at, msAt } from '../../test/fakes/a-run.js';
import { NO_CHANGES } from '../run/sync-report.js';
import { SYNC_KINDS } from '../sync-kinds.js';
import { presentSyncStatus } from './present-sync-status.js';
import { endRun, NOT_STARTED, withProgress } from './run-status.js';
import type { RunStatus, SyncPause } from './sync-status.js';

const present = (run: RunStatus, seconds = 5, paused: SyncPause | null = null) =>
  presentSyncStatus({ run, paused, eventId: '5-0' }, msAt(seconds));
const PENDING = SYNC_KINDS.map((name) => ({ name, status: 'pending', count: 0 }));
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

  it('tells of a run in progress how far it is and how long it still takes', () => {
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

  it('tells of a completed run when it ended and how long it took', () => {
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

  it('tells of a failed run why, how often, and when it is tried again', () => {
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

  it('tells of a run whose worker is gone that it failed', () => {
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
