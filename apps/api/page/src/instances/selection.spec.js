import { describe, expect, it, vi } from 'vitest';
import { extentOf, Selection } from './selection.js';

const aSelection = () => new Selection((emit) => emit());

describe('a selection', () => {
  it('is chosen and left row by row, all at once, and cleared', () => {
    const selection = aSelection();
    selection.set(['a', 'b', 'c'], true);
    selection.set(['b'], false);
    expect([...selection.ids.get()]).toEqual(['a', 'c']);
    expect(selection.has('a')).toBe(true);
    selection.clear();
    expect(selection.ids.get().size).toBe(0);
  });

  it('means everything that matches until a row is chosen or left by hand', () => {
    const selection = aSelection();
    selection.set(['a', 'b'], true);
    selection.isEverything.set(true);
    selection.keep([{ id: 'b' }]);
    expect(selection.isEverything.get()).toBe(true);
    selection.set(['c'], true);
    expect(selection.isEverything.get()).toBe(false);
    selection.isEverything.set(true);
    selection.clear();
    expect(selection.isEverything.get()).toBe(false);
  });

  it('loses what leaves the page', () => {
    const selection = aSelection();
    selection.set(['a', 'b'], true);
    selection.keep([{ id: 'b' }, { id: 'z' }]);
    expect([...selection.ids.get()]).toEqual(['b']);
  });

  it('emits changes only', () => {
    const selection = aSelection();
    selection.set(['a'], true);
    const listener = vi.fn();
    selection.ids.watch(listener);
    selection.set(['a'], true);
    selection.set(['x'], false);
    selection.keep([{ id: 'a' }]);
    expect(listener).toHaveBeenCalledTimes(1);
    selection.set(['b'], true);
    expect(listener).toHaveBeenCalledTimes(2);
  });
});

it('knows some from all', () => {
  expect([extentOf(0, 0), extentOf(0, 3), extentOf(2, 3), extentOf(3, 3)]).toEqual(['none', 'none', 'some', 'all']);
});
