import { describe, expect, it } from 'vitest';
import { aRun, at, msAt } from '../../test/fakes/a-run.js';
import { effectiveRun } from './effective-run.js';
import { withProgress } from './run-status.js';

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
