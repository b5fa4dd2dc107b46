import { beforeEach, describe, expect, it } from 'vitest';
import { RowQueue } from './row-queue.js';

describe('the rows that are drawn', () => {
  /** @type {RowQueue} */
  let queue;

  beforeEach(() => {
    queue = new RowQueue({ changed: 2, aged: 1 });
  });

  /** @param {'inView' | 'changed' | 'aged'} to @param {readonly string[]} ids */
  const add = (to, ids) => {
    for (const id of ids) queue[to].add(id);
  };

  it('are all that wait in view, and of the others the longest waiting', () => {
    add('inView', ['a', 'b', 'c', 'd']);
    add('changed', ['z', 'd', 'y', 'a', 'x', 'b']);
    expect(queue.take()).toEqual(['z', 'd', 'y', 'a', 'b']);
    expect(queue.take()).toEqual(['x']);
    expect(queue.take()).toEqual([]);
  });

  it('out of view, are changed ones before those that have only aged, each once', () => {
    add('aged', ['v', 'w', 'x', 'y']);
    add('changed', ['y']);
    expect(queue.take()).toEqual(['y', 'v']);
    expect(queue.take()).toEqual(['w']);
    expect(queue.take()).toEqual(['x']);
    expect(queue.take()).toEqual([]);
  });

  it('that have only aged have their turn one after the other, though others change and all age without end', () => {
    const drawn = ['v', 'w', 'x', 'v', 'w'].map(() => {
      add('changed', ['a', 'b', 'c']);
      add('aged', ['v', 'w', 'x']);
      return queue.take().at(-1);
    });
    expect(drawn).toEqual(['v', 'w', 'x', 'v', 'w']);
  });

  it('that have changed wait no more when they were drawn for their age', () => {
    add('changed', ['a', 'b', 'c']);
    add('aged', ['c', 'd']);
    expect(queue.take()).toEqual(['a', 'b', 'c']);
    expect(queue.take()).toEqual(['d']);
    expect(queue.isWaiting).toBe(false);
  });

  it('are still to come while any has changed, or has only aged', () => {
    expect(queue.isWaiting).toBe(false);
    add('changed', ['a', 'b', 'c']);
    queue.take();
    expect(queue.isWaiting).toBe(true);
    queue.take();
    expect(queue.isWaiting).toBe(false);
    add('aged', ['v', 'w']);
    queue.take();
    expect(queue.isWaiting).toBe(true);
    queue.take();
    expect(queue.isWaiting).toBe(false);
  });

  it('are all at once, each once, when every one is to be seen', () => {
    add('changed', ['a', 'b', 'c']);
    add('aged', ['c', 'v', 'w']);
    expect(queue.takeAll()).toEqual(['a', 'b', 'c', 'v', 'w']);
    expect(queue.isWaiting).toBe(false);
  });

  it('do not wait for others that changed again and again', () => {
    add('changed', ['p', 'q', 'r']);
    expect(queue.take()).toEqual(['p', 'q']);
    add('changed', ['p', 'q']);
    expect(queue.take()).toEqual(['r', 'p']);
  });

  it('are none that are gone', () => {
    add('inView', ['a']);
    add('changed', ['a', 'z']);
    add('aged', ['a', 'z']);
    queue.delete('a');
    queue.delete('z');
    expect(queue.take()).toEqual([]);
  });
});
