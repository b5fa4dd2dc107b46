import { afterEach, expect, it, vi } from 'vitest';
import { Lifelong } from './lifelong.js';

afterEach(() => void vi.useRealTimers());

it('comes back as soon as the beginning has failed once, and goes on trying', async () => {
  vi.useFakeTimers();
  const begin = vi.fn<(signal: AbortSignal) => Promise<void>>().mockRejectedValueOnce(new Error('away'));
  const follow = vi.fn<(signal: AbortSignal) => Promise<void>>(
    (signal) => new Promise((resolve) => (signal.onabort = () => resolve())),
  );
  const onFault = vi.fn<(error: unknown) => void>();
  const lifelong = new Lifelong({ begin: async (signal) => begin(signal), follow, onFault });
  // No time goes by: nothing else would end the wait.
  await lifelong.start();
  expect([begin.mock.calls.length, onFault.mock.calls.length, follow.mock.calls.length]).toEqual([1, 1, 0]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([begin.mock.calls.length, follow.mock.calls.length]).toEqual([2, 1]);
  await lifelong.stop();
});

it('waits for a beginning that takes its time, for a second at the most', async () => {
  vi.useFakeTimers();
  const lifelong = new Lifelong({
    begin: (signal) => new Promise((resolve) => (signal.onabort = () => resolve())),
    follow: async () => undefined,
    onFault: () => undefined,
  });
  let hasStarted = false;
  const started = lifelong.start().then(() => (hasStarted = true));
  await vi.advanceTimersByTimeAsync(999);
  expect(hasStarted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await started).toBe(true);
  await lifelong.stop();
});
