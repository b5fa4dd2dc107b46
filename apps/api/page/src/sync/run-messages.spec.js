import { describe, expect, it } from 'vitest';
import { ProblemError } from '../net/problem.js';
import { changesText, noRunsMessage, resultOf, whoBegan } from './run-messages.js';
import { SYNC } from './words.js';

it('says what a run changed, and nothing of what it did not', () => {
  const none = { created: 0, updated: 0, adopted: 0, removed: 0, markedTerminated: 0, leftMissing: 0 };
  expect(changesText(none)).toBe('Nothing changed');
  expect(changesText({ ...none, created: 3, markedTerminated: 1 })).toBe('3 new, 1 gone');
});

it('says who began a run, and how it ended', () => {
  expect(whoBegan({ trigger: 'manual', requestedBy: 'user:ci' })).toBe('Key ci');
  expect(whoBegan({ trigger: 'schedule', requestedBy: 'sync' })).toBe('Schedule');
  expect(resultOf({ outcome: 'completed', held: true })).toEqual({ text: 'Held', tone: 'warn' });
  expect(resultOf({ outcome: 'failed', held: true }).tone).toBe('bad');
});

const NOT_STARTED = /** @type {const} */ ({
  status: 'not_started',
  totalResources: 9,
  syncedResources: 0,
  resourceStatus: [],
});

describe('why no run is shown', () => {
  it('is that none has run, or that they were not read yet', () => {
    expect(noRunsMessage(null, NOT_STARTED)).toBe(SYNC.none);
    expect(noRunsMessage(null, { ...NOT_STARTED, status: 'completed' })).toBe('Not known yet.');
    expect(noRunsMessage(null, null)).toBe('Not known yet.');
  });

  it('is Redis where that is the cause, whatever the sync says', () => {
    const away = new ProblemError({ code: 'degraded', status: 503, title: 'Redis is away' });
    expect(noRunsMessage(away, NOT_STARTED)).toBe(SYNC.storeAway);
    const other = new ProblemError({ code: 'internal-error', status: 500, title: 'It failed' });
    expect(noRunsMessage(other, NOT_STARTED)).toMatch(/^The last runs could not be read\. ./);
  });
});
