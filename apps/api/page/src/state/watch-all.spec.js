import { expect, it, vi } from 'vitest';
import { Store } from './store.js';
import { watchAll } from './watch-all.js';

it('calls once at the beginning, and after each change of any of the stores', () => {
  const first = new Store(1, (tell) => tell());
  const second = new Store('a', (tell) => tell());
  const listener = vi.fn();
  watchAll([first, second], listener);
  expect(listener).toHaveBeenCalledOnce();
  first.set(2);
  second.set('b');
  expect(listener).toHaveBeenCalledTimes(3);
});
