import { FakeClock } from '@app/testing';
import { describe, expect, it, vi } from 'vitest';
import { ShortMemory } from './short-memory.js';

describe('ShortMemory', () => {
  it('asks once for all who ask the same in a short time', async () => {
    const clock = new FakeClock();
    const memory = new ShortMemory<number>(clock, 2_000);
    const ask = vi.fn<() => Promise<number>>(() => Promise.resolve(clock.now()));
    const first = await Promise.all([memory.recall(1, ask), memory.recall(1, ask)]);
    clock.advance(1_999);
    expect([...first, await memory.recall(1, ask)]).toEqual(Array(3).fill(first[0]));
    expect(ask).toHaveBeenCalledTimes(1);
    await memory.recall(2, ask);
    clock.advance(2_000);
    await memory.recall(2, ask);
    expect(ask).toHaveBeenCalledTimes(3);
  });

  it('asks again after a fault, and when the clock was set back', async () => {
    const clock = new FakeClock();
    const memory = new ShortMemory<number>(clock, 2_000);
    await expect(memory.recall(1, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await memory.recall(1, () => Promise.resolve(1))).toBe(1);
    clock.advance(-60_000);
    expect(await memory.recall(1, () => Promise.resolve(2))).toBe(2);
  });
});
