import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { delay, untilAborted } from './until-aborted.js';

describe('work until it is aborted', () => {
  it('comes to what the work comes to, and leaves nothing on the signal', async () => {
    const end = new AbortController();
    const removed = vi.spyOn(end.signal, 'removeEventListener');
    expect(await untilAborted(Promise.resolve(7), end.signal)).toBe(7);
    await expect(untilAborted(Promise.reject(new Error('no')), end.signal)).rejects.toThrow('no');
    expect(removed).toHaveBeenCalledTimes(2);
  });

  it('is null once the signal is aborted, whatever becomes of the work', async () => {
    const end = new AbortController();
    const { promise, reject } = Promise.withResolvers<number>();
    const work = untilAborted(promise, end.signal);
    end.abort();
    expect(await work).toBeNull();
    reject(new Error('too late to matter'));
    expect(await untilAborted(Promise.reject(new Error('nobody waits')), end.signal)).toBeNull();
  });
});

describe('a delay', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('lasts its time, or until it is aborted, and leaves no timer', async () => {
    const end = new AbortController();
    const over = vi.fn<() => void>();
    const waiting = delay(1_000, end.signal).then(over);
    await vi.advanceTimersByTimeAsync(999);
    expect(over).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    const cut = delay(1_000, end.signal);
    end.abort();
    await cut;
    expect(vi.getTimerCount()).toBe(0);
  });
});
