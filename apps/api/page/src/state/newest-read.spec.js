import { expect, it } from 'vitest';
import { NewestRead } from './newest-read.js';

it('refuses an answer that comes after one that was asked for later', () => {
  const reads = new NewestRead();
  const first = reads.begin();
  const second = reads.begin();
  expect(second()).toBe(true);
  expect(first()).toBe(false);
});

it('takes each of the answers that come in their order, also while later ones are awaited', () => {
  const reads = new NewestRead();
  const turns = [reads.begin(), reads.begin(), reads.begin()];
  expect(turns.map((isNews) => isNews())).toEqual([true, true, true]);
});
