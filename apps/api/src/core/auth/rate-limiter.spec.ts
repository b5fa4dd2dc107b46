import { FakeClock } from '@app/testing';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RateLimiter } from './rate-limiter.js';

describe('RateLimiter', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function counter(points: number): RateLimiterMemory {
    return new RateLimiterMemory({ keyPrefix: 'test', points, duration: 60 });
  }

  /** The clock of the library and ours go together. */
  function limiterOf(shared: RateLimiterMemory, maxKeys?: number): RateLimiter {
    const clock = new (class extends FakeClock {
      override now(): number {
        return Date.now();
      }
    })();
    return new RateLimiter(shared, clock, maxKeys);
  }

  async function takeMany(limiter: RateLimiter, count: number, key = 'k'): Promise<number> {
    let allowed = 0;
    for (let i = 0; i < count; i++) if ((await limiter.take(key)).allowed) allowed++;
    return allowed;
  }

  it.each([1, 7, 20, 21, 600, 611])('lets exactly %i through, in one process', async (limit) => {
    expect(await takeMany(limiterOf(counter(limit)), limit + 50)).toBe(limit);
  });

  it('lets never more than the limit through in several processes together, and all of it in the end', async () => {
    const shared = counter(100);
    const limiters = [limiterOf(shared), limiterOf(shared), limiterOf(shared)];
    let allowed = 0;
    for (let round = 0; round < 60; round++) {
      const answers = await Promise.all(limiters.map(async (limiter) => limiter.take('k')));
      allowed += answers.filter((answer) => answer.allowed).length;
    }
    expect(allowed).toBe(100);
  });

  it('lets exactly the limit through when all come at once', async () => {
    const limiter = limiterOf(counter(50));
    const answers = await Promise.all(Array.from({ length: 80 }, async () => limiter.take('k')));
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(50);
  });

  it('counts down to nothing', async () => {
    const limiter = limiterOf(counter(40));
    const remaining: number[] = [];
    for (let i = 0; i < 41; i++) remaining.push((await limiter.take('k')).remaining);
    expect(remaining).toEqual([...Array.from({ length: 40 }, (_, i) => 39 - i), 0]);
  });

  it('asks the shared counter once for each share, and not at all when nothing is left', async () => {
    const shared = counter(100);
    const consume = vi.spyOn(shared, 'consume');
    const limiter = limiterOf(shared);
    await takeMany(limiter, 100);
    expect(consume).toHaveBeenCalledTimes(20);
    await takeMany(limiter, 100);
    expect(consume).toHaveBeenCalledTimes(20);
  });

  it('answers without a promise while there is a share', async () => {
    const limiter = limiterOf(counter(100));
    expect(limiter.take('k')).toBeInstanceOf(Promise);
    await takeMany(limiter, 1);
    expect(limiter.take('k')).toMatchObject({ allowed: true });
  });

  it('begins anew when the window is over, and reports when that is', async () => {
    const limiter = limiterOf(counter(2));
    await takeMany(limiter, 2);
    vi.advanceTimersByTime(20_000);
    expect(await limiter.take('k')).toEqual({ allowed: false, limit: 2, remaining: 0, resetSeconds: 40 });
    vi.advanceTimersByTime(40_001);
    expect(await takeMany(limiter, 5)).toBe(2);
  });

  it('keeps keys apart, and remembers only so many', async () => {
    const limiter = limiterOf(counter(2), 2);
    expect(await takeMany(limiter, 3, 'a')).toBe(2);
    expect(await takeMany(limiter, 3, 'b')).toBe(2);
    await limiter.take('c');
    // The lease of `a` is gone, the count is not.
    expect(await takeMany(limiter, 3, 'a')).toBe(0);
  });

  it('passes on an error of the counter', async () => {
    const shared = counter(2);
    vi.spyOn(shared, 'consume').mockRejectedValueOnce(new Error('broken'));
    await expect(limiterOf(shared).take('k')).rejects.toThrow('broken');
  });
});
