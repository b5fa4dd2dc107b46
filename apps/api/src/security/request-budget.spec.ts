import { FakeClock } from '@app/testing';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestBudget } from './request-budget.js';

describe('RequestBudget', () => {
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
  function budgetOf(shared: RateLimiterMemory, maxKeys?: number): RequestBudget {
    const clock = new (class extends FakeClock {
      override now(): number {
        return Date.now();
      }
    })();
    return new RequestBudget(shared, clock, maxKeys);
  }

  async function takeMany(budget: RequestBudget, count: number, key = 'k'): Promise<number> {
    let allowed = 0;
    for (let i = 0; i < count; i++) if ((await budget.take(key)).allowed) allowed++;
    return allowed;
  }

  it.each([1, 7, 20, 21, 600, 611])('lets exactly %i through, in one process', async (limit) => {
    expect(await takeMany(budgetOf(counter(limit)), limit + 50)).toBe(limit);
  });

  it('lets never more than the limit through in several processes together, and all of it in the end', async () => {
    const shared = counter(100);
    const budgets = [budgetOf(shared), budgetOf(shared), budgetOf(shared)];
    let allowed = 0;
    for (let round = 0; round < 60; round++) {
      const answers = await Promise.all(budgets.map(async (budget) => budget.take('k')));
      allowed += answers.filter((answer) => answer.allowed).length;
    }
    expect(allowed).toBe(100);
  });

  it('lets exactly the limit through when all come at once', async () => {
    const budget = budgetOf(counter(50));
    const answers = await Promise.all(Array.from({ length: 80 }, async () => budget.take('k')));
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(50);
  });

  it('counts down to nothing', async () => {
    const budget = budgetOf(counter(40));
    const remaining: number[] = [];
    for (let i = 0; i < 41; i++) remaining.push((await budget.take('k')).remaining);
    expect(remaining).toEqual([...Array.from({ length: 40 }, (_, i) => 39 - i), 0]);
  });

  it('asks the shared counter once for each share, and not at all when nothing is left', async () => {
    const shared = counter(100);
    const consume = vi.spyOn(shared, 'consume');
    const budget = budgetOf(shared);
    await takeMany(budget, 100);
    expect(consume).toHaveBeenCalledTimes(20);
    await takeMany(budget, 100);
    expect(consume).toHaveBeenCalledTimes(20);
  });

  it('answers without a promise while there is a share', async () => {
    const budget = budgetOf(counter(100));
    expect(budget.take('k')).toBeInstanceOf(Promise);
    await takeMany(budget, 1);
    expect(budget.take('k')).toMatchObject({ allowed: true });
  });

  it('begins anew when the window is over, and tells when that is', async () => {
    const budget = budgetOf(counter(2));
    await takeMany(budget, 2);
    vi.advanceTimersByTime(20_000);
    expect(await budget.take('k')).toEqual({ allowed: false, limit: 2, remaining: 0, resetSeconds: 40 });
    vi.advanceTimersByTime(40_001);
    expect(await takeMany(budget, 5)).toBe(2);
  });

  it('keeps keys apart, and remembers only so many', async () => {
    const budget = budgetOf(counter(2), 2);
    expect(await takeMany(budget, 3, 'a')).toBe(2);
    expect(await takeMany(budget, 3, 'b')).toBe(2);
    await budget.take('c');
    // The lease of `a` is gone, the count is not.
    expect(await takeMany(budget, 3, 'a')).toBe(0);
  });

  it('passes on a fault of the counter', async () => {
    const shared = counter(2);
    vi.spyOn(shared, 'consume').mockRejectedValueOnce(new Error('broken'));
    await expect(budgetOf(shared).take('k')).rejects.toThrow('broken');
  });
});
