import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CoalescingLimiter } from './coalescing-limiter.js';

describe('CoalescingLimiter', () => {
  /** Reads that end when a test says so. */
  function aSource(): { readonly begun: string[]; read(key: string): () => Promise<string>; end(): void } {
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    return {
      begun,
      read: (key) => () => {
        begun.push(key);
        return new Promise((resolve) => ends.push(() => resolve(`${key}${begun.length}`)));
      },
      end: () => ends.shift()?.(),
    };
  }

  it('has only so many under way, and begins the next in order', async () => {
    const source = aSource();
    const reads = new CoalescingLimiter<string>(2);
    const all = ['a', 'b', 'c', 'd'].map((key) => reads.ask(key, source.read(key)));
    expect(source.begun).toEqual(['a', 'b']);
    for (let ended = 0; ended < 4; ended++) {
      source.end();
      await nextTurn();
    }
    expect(source.begun).toEqual(['a', 'b', 'c', 'd']);
    expect((await Promise.all(all)).map((text) => text.charAt(0))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('shares one that waits, and never one that is under way, whose answer may be too old', async () => {
    const source = aSource();
    const reads = new CoalescingLimiter<string>(1);
    const first = reads.ask('a', source.read('a'));
    const later = [reads.ask('a', source.read('a')), reads.ask('a', source.read('a'))];
    expect(source.begun).toEqual(['a']);
    source.end();
    await first;
    await nextTurn();
    expect(source.begun).toEqual(['a', 'a']);
    source.end();
    expect(await Promise.all(later)).toEqual(['a2', 'a2']);
  });

  it('hands a failure to those who share it, and goes on', async () => {
    const reads = new CoalescingLimiter<string>(1);
    const source = aSource();
    const slow = reads.ask('slow', source.read('slow'));
    const failing = [1, 2].map(() => reads.ask('away', () => Promise.reject(new Error('away'))));
    const next = reads.ask('next', async () => 'next');
    source.end();
    await slow;
    expect(await Promise.allSettled(failing)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect(await next).toBe('next');
  });
});
