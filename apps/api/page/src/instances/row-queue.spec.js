import { beforeEach, describe, expect, it } from 'vitest';
import { RowQueue } from './row-queue.js';

describe('the rows that are drawn', () => {
  /** @type {RowQueue} */
  let queue;

  beforeEach(() => {
    queue = new RowQueue(2);
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
    expect(queue.take()).toEqual(['w', 'x']);
    expect(queue.take()).toEqual([]);
  });

  it('are still to come while one of them shows what is not true any more', () => {
    add('aged', ['v', 'w', 'x']);
    expect(queue.hasChanged).toBe(false);
    add('changed', ['a', 'b', 'c']);
    queue.take();
    expect(queue.hasChanged).toBe(true);
    queue.take();
    expect(queue.hasChanged).toBe(false);
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
