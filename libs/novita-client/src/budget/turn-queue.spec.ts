import { SystemClock } from '@app/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LocalRequestBudget } from './local-request-budget.js';
import { budgetLimits, type CallPriority, type Grant, RequestBudget } from './request-budget.port.js';
import { NoTurnError, TurnQueue } from './turn-queue.js';

const never = new AbortController().signal;

describe('TurnQueue', () => {
  let queue: TurnQueue;
  let served: string[];
  const clock = new SystemClock();

  beforeEach(() => {
    // The clock of this test is the faked system clock, since waits are timers.
    vi.useFakeTimers();
    served = [];
    queue = new TurnQueue(new LocalRequestBudget(budgetLimits(10), clock), clock);
  });
  afterEach(() => {
    const timers = vi.getTimerCount();
    vi.useRealTimers();
    if (timers > 0) throw new Error(`${timers} timers are left`);
  });

  const take = async (
    name: string,
    priority: CallPriority,
    signal: AbortSignal = never,
    withinMs = 3_600_000,
  ): Promise<void> => {
    await queue.take({ priority, signal, deadline: clock.now() + withinMs });
    served.push(name);
  };
  const takeMany = (count: number, priority: CallPriority) =>
    Promise.all(Array.from({ length: count }, (_, index) => take(`${priority}-${index}`, priority)));

  it('lets a burst go at once and the rest at the rate', async () => {
    const all = takeMany(50, 'urgent');
    await vi.advanceTimersByTimeAsync(0);
    expect(served).toHaveLength(20);
    await vi.advanceTimersByTimeAsync(1_000);
    // Waits are lengthened by up to a fifth, so that processes do not ask in step.
    expect(served.length).toBeGreaterThanOrEqual(27);
    expect(served.length).toBeLessThanOrEqual(30);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(served).toHaveLength(50);
    expect(served).toEqual([...served].sort((a, b) => Number(a.split('-')[1]) - Number(b.split('-')[1])));
    await all;
  });

  it('serves an interactive call before background ones that came first', async () => {
    const batch = takeMany(40, 'background');
    await vi.advanceTimersByTimeAsync(0);
    expect(served).toHaveLength(15);
    await take('person', 'interactive');
    expect(served.at(-1)).toBe('person');
    expect(served).toHaveLength(16);
    await vi.advanceTimersByTimeAsync(6_000);
    await batch;
  });

  it('does not starve background calls', async () => {
    const stop = new AbortController();
    const background = take('background', 'background');
    const crowd = Array.from({ length: 400 }, (_, index) => take(`person-${index}`, 'interactive', stop.signal));
    const settled = Promise.allSettled(crowd);
    await vi.advanceTimersByTimeAsync(5_500);
    expect(served).toContain('background');
    stop.abort(new Error('enough'));
    await settled;
    await background;
  });

  it('serves an urgent call before all others that came first', async () => {
    const people = takeMany(40, 'interactive');
    const batch = takeMany(40, 'background');
    await vi.advanceTimersByTimeAsync(0);
    expect(served).toHaveLength(18);
    await take('stop', 'urgent');
    expect(served.at(-1)).toBe('stop');
    expect(served).toHaveLength(19);
    await vi.advanceTimersByTimeAsync(20_000);
    await Promise.all([people, batch]);
  });

  it.each(['interactive', 'background'] as const)(
    'does not starve %s calls under a flood of urgent ones',
    async (low) => {
      const stop = new AbortController();
      const waited = take('waited', low);
      await takeMany(15, 'urgent');
      const flood = Array.from({ length: 400 }, (_, index) => take(`stop-${index}`, 'urgent', stop.signal));
      const settled = Promise.allSettled(flood);
      await vi.advanceTimersByTimeAsync(5_500);
      expect(served).toContain('waited');
      stop.abort(new Error('enough'));
      await settled;
      await waited;
    },
  );

  it('asks for what is kept for urgent calls once it has waited long, so that other processes cannot starve it', async () => {
    const asked: CallPriority[] = [];
    /** All that is earned goes to the urgent calls of other processes. */
    class TakenByOthers extends RequestBudget {
      override async take(wanted: number, priority: CallPriority): Promise<Grant> {
        asked.push(priority);
        return priority === 'urgent' ? { granted: wanted, waitMs: 0 } : { granted: 0, waitMs: 1_000 };
      }
      override async pause(): Promise<void> {}
    }
    queue = new TurnQueue(new TakenByOthers(), clock);
    const waits = Promise.all([take('person', 'interactive'), take('sync', 'background')]);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(served).toEqual([]);
    expect(asked).not.toContain('urgent');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(served).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(16_000);
    await waits;
    expect(served.toSorted()).toEqual(['person', 'sync']);
  });

  it('keeps permits for urgent calls however long the queue of others is', async () => {
    const all = Promise.all([takeMany(200, 'interactive'), takeMany(200, 'background')]);
    for (let seconds = 0; seconds < 30; seconds += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      const before = served.length;
      await takeMany(1, 'urgent');
      // At once; one that has waited long may have its turn before it.
      expect(served.slice(before).indexOf('urgent-0')).toBeOneOf([0, 1]);
    }
    await vi.advanceTimersByTimeAsync(60_000);
    await all;
  });

  it('ends a wait at its abort, and passes its turn on', async () => {
    await takeMany(20, 'urgent');
    const caller = new AbortController();
    const reason = new Error('enough');
    const ended = Promise.allSettled([take('ended', 'urgent', caller.signal)]);
    const next = take('next', 'urgent');
    caller.abort(reason);
    expect(await ended).toEqual([{ status: 'rejected', reason }]);
    await vi.advanceTimersByTimeAsync(130);
    await next;
    expect(served).not.toContain('ended');
    await expect(take('late', 'urgent', caller.signal)).rejects.toBe(reason);
  });

  it('holds no timer for calls that gave up', async () => {
    await takeMany(20, 'urgent');
    const caller = new AbortController();
    const waits = Promise.allSettled([take('a', 'interactive', caller.signal), take('b', 'background', caller.signal)]);
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(1);
    caller.abort(new Error('enough'));
    await waits;
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('holds everybody back during a pause, and refuses at once who cannot wait that long', async () => {
    await queue.pause(10_000);
    await expect(take('hasty', 'interactive', never, 5_000)).rejects.toBeInstanceOf(NoTurnError);
    const patient = take('patient', 'interactive', never, 30_000);
    await vi.advanceTimersByTimeAsync(9_900);
    expect(served).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_000);
    await patient;
    expect(served).toEqual(['patient']);
  });

  it('passes on what the budget fails with', async () => {
    class BrokenBudget extends RequestBudget {
      override async take(): Promise<Grant> {
        throw new Error('broken');
      }
      override async pause(): Promise<void> {}
    }
    queue = new TurnQueue(new BrokenBudget(), clock);
    await expect(take('a', 'background')).rejects.toThrow('broken');
    await expect(take('b', 'background')).rejects.toThrow('broken');
  });
});
