import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RECONCILE_INSTANCE } from '../catalogue/catalogue.js';
import type { JobContext, RunAgain } from '../catalogue/job.js';
import type { BoundHandler } from './job-handlers.js';
import { backoffDelayMs, JobTimeoutError, runJob } from './run-job.js';

const payload = { instanceId: 'ins_01JABCDEFGHJKMNPQRSTVWXYZ0' };
const { timeoutMs } = RECONCILE_INSTANCE;
const abortGraceMs = 2_000;

type Handle = (payload: unknown, context: JobContext) => Promise<RunAgain | void>;

function run(handle: Handle, stop = new AbortController().signal, given: unknown = payload) {
  const bound: BoundHandler = { job: RECONCILE_INSTANCE, handler: { handle } };
  return runJob(bound, given, { jobId: 'j1', attempt: 2, stop, abortGraceMs });
}

const forever = (): Promise<never> => new Promise(() => undefined);
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

describe('runJob', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    const left = vi.getTimerCount();
    vi.useRealTimers();
    if (left > 0) throw new Error(`${left} timers were left behind`);
  });

  it('says how a run ended', async () => {
    const fault = new Error('no');
    expect(await run(async () => undefined)).toEqual({ kind: 'done' });
    expect(await run(async () => ({ runAgainInMs: 500 }))).toEqual({ kind: 'run-again', inMs: 500, urgent: false });
    expect(await run(async () => ({ runAgainInMs: -5 }))).toEqual({ kind: 'run-again', inMs: 0, urgent: false });
    expect(await run(() => Promise.reject(fault))).toEqual({ kind: 'error', error: fault });
  });

  it('takes a throw before the first await, and of something that is no error, as an error', async () => {
    const outcome = await run(() => {
      throw new Error('early');
    });
    expect(outcome).toMatchObject({ kind: 'error', error: { message: 'early' } });
    expect(await run(() => Promise.reject('a word'))).toMatchObject({
      kind: 'error',
      error: expect.any(Error) as Error,
    });
  });

  it('hands over the id, the attempt and a signal', async () => {
    const handle = vi.fn<Handle>(async () => undefined);
    await run(handle);
    expect(handle).toHaveBeenCalledExactlyOnceWith(payload, {
      jobId: 'j1',
      attempt: 2,
      signal: expect.any(AbortSignal) as AbortSignal,
    });
  });

  it('does not run with a payload that does not fit', async () => {
    const handle = vi.fn<Handle>();
    expect(await run(handle, undefined, { instanceId: 'bad' })).toMatchObject({ kind: 'invalid' });
    expect(handle).not.toHaveBeenCalled();
  });

  it('does not run when it is stopped already', async () => {
    const handle = vi.fn<Handle>();
    expect(await run(handle, AbortSignal.abort())).toEqual({ kind: 'given-back' });
    expect(handle).not.toHaveBeenCalled();
  });

  it('aborts at the time limit, not before, and whatever is then returned is an error', async () => {
    let signal: AbortSignal | undefined;
    const outcome = run(async (_, context) => {
      signal = context.signal;
      await untilAborted(context.signal);
    });
    await vi.advanceTimersByTimeAsync(timeoutMs - 1);
    expect(signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(signal?.aborted).toBe(true);
    expect(await outcome).toMatchObject({ kind: 'error', error: expect.any(JobTimeoutError) as Error });
  });

  it('does not wait beyond the grace for a run that ignores its signal', async () => {
    const ended = vi.fn<() => void>();
    const outcome = run(forever).finally(ended);
    await vi.advanceTimersByTimeAsync(timeoutMs + abortGraceMs - 1);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toMatchObject({ kind: 'error', error: { message: /120000 ms/ } });
  });

  it.each<[string, Handle]>([
    ['returns', (_, { signal }) => untilAborted(signal)],
    ['throws', (_, { signal }) => untilAborted(signal).then(() => Promise.reject(new Error('aborted')))],
    ['goes on', forever],
  ])('gives the job back when it is stopped and the run %s', async (_, handle) => {
    const stop = new AbortController();
    const outcome = run(handle, stop.signal);
    await vi.advanceTimersByTimeAsync(10);
    stop.abort();
    await vi.advanceTimersByTimeAsync(abortGraceMs);
    expect(await outcome).toEqual({ kind: 'given-back' });
  });
});

describe('backoffDelayMs', () => {
  const backoff = { firstDelayMs: 1_000, maxDelayMs: 30_000 };

  it('doubles its ceiling with every error, up to the longest delay', () => {
    const almostOne = 1 - Number.EPSILON;
    expect([1, 2, 3, 5, 6, 60].map((failures) => backoffDelayMs(backoff, failures, almostOne))).toEqual([
      1_000, 2_000, 4_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('is anywhere between nothing and that ceiling, and never zero', () => {
    expect(backoffDelayMs(backoff, 3, 0)).toBe(1);
    expect(backoffDelayMs(backoff, 3, 0.5)).toBe(2_000);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const delay = backoffDelayMs(backoff, failures, random);
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(1);
          expect(delay).toBeLessThanOrEqual(30_000);
        },
      ),
    );
  });
});
