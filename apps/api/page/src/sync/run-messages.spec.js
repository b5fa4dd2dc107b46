import { expect, it } from 'vitest';
import { changesText } from './run-messages.js';

it('says what a run changed, and nothing of what it did not', () => {
  const none = { created: 0, updated: 0, adopted: 0, removed: 0, markedTerminated: 0, leftMissing: 0 };
  expect(changesText(none)).toBe('Nothing changed');
  expect(changesText({ ...none, created: 3, markedTerminated: 1 })).toBe('3 new, 1 gone');
});
