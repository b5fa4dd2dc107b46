import { describe, expect, it } from 'vitest';
import { rangeMessage, unseenMessage } from './pager.js';

describe('counts', () => {
  it.each([
    [{ page: 0, size: 50, rows: 50, total: 10_000 }, '1–50 of 10,000'],
    [{ page: 2, size: 50, rows: 1, total: 101 }, '101 of 101'],
    [{ page: 20, size: 50, rows: 50, total: null }, '1,001–1,050'],
    [{ page: 0, size: 50, rows: 0, total: 0 }, 'none'],
    [{ page: 0, size: 50, rows: 52, total: 51 }, '1–52 of 52'],
  ])('%j is %j', (shown, words) => {
    expect(rangeMessage(shown)).toBe(words);
  });

  it('of what is not shown', () => {
    expect(unseenMessage(1, 1_000)).toBe('1 change elsewhere');
    expect(unseenMessage(12, 1_000)).toBe('12 changes elsewhere');
    expect(unseenMessage(1_000, 1_000)).toBe('more than 999 changes elsewhere');
  });
});
