import { FakeClock } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { delay, inBatches, Lifelong, ShortMemory, sideBySide, untilAborted } from './async.js';

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

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('sideBySide', () => {
  it('keeps no more than so many under way and holds its source back', async () => {
    const gates = Array.from({ length: 6 }, deferred);
    let pulled = 0;
    async function* source() {
      for (const gate of gates) {
        pulled += 1;
        yield gate;
      }
    }
    let underWay = 0;
    let most = 0;
    const done = sideBySide(source(), 2, async (gate) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await gate.promise;
      underWay -= 1;
    });
    await expect.poll(() => underWay).toBe(2);
    expect(pulled).toBe(2);
    for (const gate of gates) gate.resolve();
    await done;
    expect([most, pulled]).toEqual([2, 6]);
  });

  it('begins nothing after a failure, waits for the others, closes the source and throws the first', async () => {
    const slow = deferred();
    const begun: number[] = [];
    let closed = false;
    let slowEnded = false;
    async function* source() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        closed = true;
      }
    }
    const done = sideBySide(source(), 2, async (n) => {
      begun.push(n);
      if (n === 1) throw new Error('second');
      await slow.promise;
      slowEnded = true;
    });
    slow.resolve();
    await expect(done).rejects.toThrow('second');
    expect([begun, closed, slowEnded]).toEqual([[0, 1], true, true]);
  });
});

it('cuts into batches', () => {
  expect([...inBatches([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
  expect([...inBatches([], 2)]).toEqual([]);
});

afterEach(() => void vi.useRealTimers());

it('comes back as soon as the beginning has failed once, and goes on trying', async () => {
  vi.useFakeTimers();
  const begin = vi.fn<(signal: AbortSignal) => Promise<void>>().mockRejectedValueOnce(new Error('away'));
  const follow = vi.fn<(signal: AbortSignal) => Promise<void>>(
    (signal) => new Promise((resolve) => (signal.onabort = () => resolve())),
  );
  const onError = vi.fn<(error: unknown) => void>();
  const lifelong = new Lifelong({ begin: async (signal) => begin(signal), follow, onError });
  // No time goes by: nothing else would end the wait.
  await lifelong.start();
  expect([begin.mock.calls.length, onError.mock.calls.length, follow.mock.calls.length]).toEqual([1, 1, 0]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([begin.mock.calls.length, follow.mock.calls.length]).toEqual([2, 1]);
  await lifelong.stop();
});

it('waits for a beginning that takes its time, for a second at the most', async () => {
  vi.useFakeTimers();
  const lifelong = new Lifelong({
    begin: (signal) => new Promise((resolve) => (signal.onabort = () => resolve())),
    follow: async () => undefined,
    onError: () => undefined,
  });
  let hasStarted = false;
  const started = lifelong.start().then(() => (hasStarted = true));
  await vi.advanceTimersByTimeAsync(999);
  expect(hasStarted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await started).toBe(true);
  await lifelong.stop();
});

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

  it('asks again after an error, and when the clock was set back', async () => {
    const clock = new FakeClock();
    const memory = new ShortMemory<number>(clock, 2_000);
    await expect(memory.recall(1, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await memory.recall(1, () => Promise.resolve(1))).toBe(1);
    clock.advance(-60_000);
    expect(await memory.recall(1, () => Promise.resolve(2))).toBe(2);
  });
});
