import { expect, it } from 'vitest';
import { changesText, resultOf, whoBegan } from './run-messages.js';

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
