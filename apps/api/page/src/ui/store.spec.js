import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { paced, Store, watchAll, watchParts } from './store.js';

it('calls once at the beginning, and after each change of any of the stores', () => {
  const first = new Store(1, (emit) => emit());
  const second = new Store('a', (emit) => emit());
  const listener = vi.fn();
  watchAll([first, second], listener);
  expect(listener).toHaveBeenCalledOnce();
  first.set(2);
  second.set('b');
  expect(listener).toHaveBeenCalledTimes(3);
});

it('calls only for the parts that a listener needs', () => {
  const store = new Store({ query: 'a', rows: 1 }, (emit) => emit());
  const listener = vi.fn();
  watchParts([store], () => [store.get().query], listener);
  store.set({ query: 'a', rows: 2 });
  expect(listener.mock.calls).toEqual([['a']]);
  store.set({ query: 'b', rows: 2 });
  expect(listener.mock.calls).toEqual([['a'], ['b']]);
});

beforeEach(() => void vi.useFakeTimers());

afterEach(() => void vi.useRealTimers());

it('emits the first change at once, and those of a burst together', () => {
  const store = new Store(
    0,
    paced(100, (emit) => emit()),
  );
  /** @type {number[]} */
  const emitted = [];
  store.watch((value) => emitted.push(value));
  for (let i = 1; i <= 50; i++) {
    store.set(i);
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(100);
  expect(emitted).toEqual([0, 1, 10, 20, 30, 40, 50]);
  vi.advanceTimersByTime(1_000);
  store.set(51);
  expect(emitted.at(-1)).toBe(51);
});
