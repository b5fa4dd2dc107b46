import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { paced } from './paced.js';
import { Store } from './store.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('tells the first news at once, and those of a burst together', () => {
  const store = new Store(
    0,
    paced(100, (tell) => tell()),
  );
  /** @type {number[]} */
  const told = [];
  store.watch((value) => told.push(value));
  for (let i = 1; i <= 50; i++) {
    store.set(i);
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(100);
  expect(told).toEqual([0, 1, 10, 20, 30, 40, 50]);
  vi.advanceTimersByTime(1_000);
  store.set(51);
  expect(told.at(-1)).toBe(51);
});
