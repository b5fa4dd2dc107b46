import { describe, expect, it } from 'vitest';
import { aRun, at, msAt } from '../../../test/fakes/a-run.js';
import { NO_CHANGES } from '../../run/sync-report.js';
import { endRun, NOT_STARTED } from '../run-status.js';
import type { RunStatus } from '../sync-status.js';
import { syncTrouble } from './sync-trouble.js';

const INTERVAL = 600;
/** Three intervals and a minute. */
const PATIENCE = INTERVAL * 3 + 60;
const DONE = endRun(aRun(), { outcome: 'completed', error: null, changes: NO_CHANGES, at: at(0) });
const FAILED = endRun(aRun(), { outcome: 'failed', error: 'no', changes: NO_CHANGES, at: at(0) });
const HELD = { since: at(0), reason: 'many', wouldRemove: 4 };

const trouble = (run: RunStatus, seconds: number, { automatic = true, bornAt = -1_000_000 } = {}) =>
  syncTrouble(run, { automatic, intervalMs: INTERVAL * 1_000, bornAt: msAt(bornAt) }, msAt(seconds));

describe('what is wrong with the sync', () => {
  it.each([
    ['a young process before the first sync', NOT_STARTED, 10, { bornAt: 0 }],
    ['a young process whose first sync runs', aRun(), 10, { bornAt: 0 }],
    ['a young process that finds an old success', DONE, 1_000_000, { bornAt: 999_990 }],
    ['a completed sync', DONE, 10, {}],
    ['a success of three intervals ago', DONE, PATIENCE, {}],
    ['an old success when nobody expects another', DONE, PATIENCE + 1, { automatic: false }],
  ])('is nothing: %s', (_, run, seconds, options) => {
    expect(trouble(run, seconds, options)).toBeNull();
  });

  it.each([
    ['a held listing', { ...DONE, held: HELD }, 10, {}, /held back/],
    ['a held listing although nothing is automatic', { ...DONE, held: HELD }, 10, { automatic: false }, /held back/],
    ['a failed sync', FAILED, 10, { bornAt: 0 }, /failed$/],
    ['a failed sync that is being tried again', aRun({ retry: { count: 1, nextAt: null } }), 10, {}, /tried again/],
    ['an old success', DONE, PATIENCE + 1, {}, /three intervals/],
    ['no success for as long as the process lives', NOT_STARTED, PATIENCE + 1, { bornAt: 0 }, /three intervals/],
    ['a run that never ends', aRun(), PATIENCE + 1, { bornAt: 0 }, /three intervals/],
  ])('is told: %s', (_, run, seconds, options, words) => {
    expect(trouble(run, seconds, options)).toMatch(words);
  });
});
