import { describe, expect, it } from 'vitest';
import { Random } from './random.js';
import { type Owner, Scheduler } from './scheduler.js';
import { Trace } from './trace.js';

const START = Date.UTC(2026, 0, 1);

function aScheduler(seed: number): { readonly scheduler: Scheduler; readonly trace: Trace } {
  const trace = new Trace(10);
  return { scheduler: new Scheduler(START, new Random(seed), trace), trace };
}

const nothing = (): void => undefined;

describe('the scheduler', () => {
  it('runs events in the order of their times, and lets everything come to rest in between', async () => {
    const { scheduler } = aScheduler(1);
    const seen: string[] = [];
    scheduler.after(20, null, 'late', () => void seen.push(`late at ${scheduler.now() - START}`));
    scheduler.after(10, null, 'early', () => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => seen.push('what early has begun'));
      seen.push('early');
    });
    await scheduler.runUntil(START + 100, nothing);
    expect(seen).toEqual(['early', 'what early has begun', 'late at 20']);
    expect(scheduler.now()).toBe(START + 100);
  });

  it('orders events of one instant by the seed, the same each time', async () => {
    const orderOf = async (seed: number): Promise<string> => {
      const { scheduler, trace } = aScheduler(seed);
      for (const label of 'abcdefgh') scheduler.after(5, null, label, nothing);
      await scheduler.runUntil(START + 10, nothing);
      return trace.latest.map((line) => line.slice(-1)).join('');
    };
    expect(await orderOf(1)).toBe(await orderOf(1));
    expect(await orderOf(1)).not.toBe(await orderOf(2));
  });

  it('drops the events of the dead, and keeps those of one that stands still until it goes on', async () => {
    const { scheduler } = aScheduler(1);
    const dead: Owner = { name: 'dead', isAlive: false, pausedUntilMs: 0 };
    const still: Owner = { name: 'still', isAlive: true, pausedUntilMs: START + 50 };
    const seen: string[] = [];
    scheduler.after(1, dead, 'dead', () => void seen.push('dead'));
    scheduler.after(1, still, 'still', () => void seen.push(`still at ${scheduler.now() - START}`));
    await scheduler.runUntil(START + 100, nothing);
    expect(seen).toEqual(['still at 50']);
  });

  it('ends with what a check or an event throws', async () => {
    const { scheduler } = aScheduler(1);
    const events: number[] = [];
    for (const ms of [1, 2, 3]) scheduler.after(ms, null, 'event', () => void events.push(ms));
    const check = (): void => {
      if (events.length === 2) throw new Error('broken');
    };
    await expect(scheduler.runUntil(START + 10, check)).rejects.toThrow('broken');
    expect(events).toEqual([1, 2]);
  });
});
