import { BrokenCircuitError, BulkheadRejectedError, CircuitState } from 'cockatiel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NovitaInvalidRequestError, NovitaNetworkError, NovitaServerFaultError } from '../novita.errors.js';
import type { Attempt } from './attempt.js';
import { CallPolicies, type CallPolicyOptions } from './call-policies.js';

const OPTIONS: CallPolicyOptions = {
  deadlineMs: 10_000,
  attemptTimeoutMs: 2_000,
  retries: { read: 3, command: 2, create: 2 },
  retryDelay: { firstMs: 100, maxMs: 1_000 },
  breaker: { failures: 5, firstOpenMs: 2_000, maxOpenMs: 8_000 },
  concurrency: { urgent: 2, interactive: 2, background: 2 },
  queue: 3,
};
const READ = { effect: 'read', surface: 'gpu', priority: 'background' } as const;
const CREATE = { ...READ, effect: 'create' } as const;
const INTERACTIVE = { ...READ, priority: 'interactive' } as const;

const context = { call: 'GET /clusters' };
const answered: Attempt<string> = { kind: 'answered', answer: 'yes' };
const failed: Attempt<never> = { kind: 'failed', error: new NovitaServerFaultError('down', context), unsent: false };
const unsent: Attempt<never> = { kind: 'failed', error: new NovitaNetworkError('refused', context), unsent: true };
const refused: Attempt<never> = { kind: 'refused', error: new NovitaInvalidRequestError('no', context) };

/** Lets time pass until the work ends. */
const finish = async <Result>(work: Promise<Result>): Promise<Result> => {
  const [settled] = await Promise.all([
    work.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    ),
    vi.advanceTimersByTimeAsync(OPTIONS.deadlineMs),
  ]);
  return settled();
};

const hanging = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('CallPolicies', () => {
  let policies: CallPolicies;
  let attempts: number;
  const never = new AbortController().signal;

  beforeEach(() => {
    vi.useFakeTimers();
    policies = new CallPolicies(OPTIONS);
    attempts = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Runs one call of which each attempt ends as the next of the script, the last one for ever. */
  const run = (script: readonly Attempt<string>[], call: Parameters<CallPolicies['run']>[0] = READ, signal = never) => {
    let step = 0;
    return policies.run(call, signal, async () => {
      attempts += 1;
      const end = script[Math.min(step, script.length - 1)] ?? answered;
      step += 1;
      return end;
    });
  };
  const open = async (): Promise<void> => {
    for (let call = 0; call < OPTIONS.breaker.failures; call += 1) await run([failed], CREATE);
    expect(policies.circuitState('gpu')).toBe(CircuitState.Open);
    attempts = 0;
  };
  it('repeats a read until it is answered', async () => {
    expect(await finish(run([failed, failed, answered]))).toEqual(answered);
    expect(attempts).toBe(3);
  });

  it('gives a read up after its last attempt', async () => {
    expect(await finish(run([failed]))).toEqual(failed);
    expect(attempts).toBe(4);
  });

  it('does not repeat a create whose effect is not known', async () => {
    expect(await finish(run([failed, answered], CREATE))).toEqual(failed);
    expect(attempts).toBe(1);
  });

  it('repeats a create that never left', async () => {
    expect(await finish(run([unsent, answered], CREATE))).toEqual(answered);
    expect(attempts).toBe(2);
  });

  it('does not open for any number of refusals', async () => {
    for (let call = 0; call < 50; call += 1) await run([refused]);
    expect(policies.circuitState('gpu')).toBe(CircuitState.Closed);
    expect(attempts).toBe(50);
  });

  it('counts an error answer between failures as a sign of life', async () => {
    for (let call = 0; call < 20; call += 1) await run([call % 2 === 0 ? failed : refused], CREATE);
    expect(policies.circuitState('gpu')).toBe(CircuitState.Closed);
  });

  it('opens after failures in a row, for its own surface only, and then sends nothing', async () => {
    await open();
    await expect(run([answered])).rejects.toBeInstanceOf(BrokenCircuitError);
    expect(attempts).toBe(0);
    expect(await run([answered], { ...READ, surface: 'billing' })).toEqual(answered);
  });

  it('closes when the service answers again, be it with an error', async () => {
    await open();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await run([refused])).toEqual(refused);
    expect(policies.circuitState('gpu')).toBe(CircuitState.Closed);
  });

  it('waits longer after a probe that failed', async () => {
    await open();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await run([failed], CREATE)).toEqual(failed);
    await vi.advanceTimersByTimeAsync(2_000);
    await expect(run([answered])).rejects.toBeInstanceOf(BrokenCircuitError);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await run([answered])).toEqual(answered);
  });

  it('does not open for calls that their callers gave up', async () => {
    for (let call = 0; call < 20; call += 1) {
      const caller = new AbortController();
      const ended = policies.run(READ, caller.signal, hanging).catch(() => undefined);
      caller.abort(new Error('enough'));
      await ended;
    }
    expect(policies.circuitState('gpu')).toBe(CircuitState.Closed);
  });

  it('does not close for a probe that its caller gave up', async () => {
    await open();
    await vi.advanceTimersByTimeAsync(2_000);
    const caller = new AbortController();
    const ended = policies.run(READ, caller.signal, hanging).catch(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(policies.circuitState('gpu')).toBe(CircuitState.HalfOpen);
    caller.abort(new Error('enough'));
    await ended;
    await vi.advanceTimersByTimeAsync(0);
    expect(policies.circuitState('gpu')).toBe(CircuitState.Open);
  });

  it('ends at an abort between two attempts, and does not attempt again', async () => {
    const caller = new AbortController();
    const ended = run([failed], READ, caller.signal).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(0);
    expect(attempts).toBe(1);
    caller.abort(new Error('enough'));
    await ended;
    await vi.advanceTimersByTimeAsync(OPTIONS.deadlineMs);
    expect(attempts).toBe(1);
  });

  it('ends at its deadline', async () => {
    const startedAt = Date.now();
    await expect(finish(policies.run(READ, never, hanging))).rejects.toThrow(/timed out/);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(OPTIONS.deadlineMs);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets no more attempts go at once than there are places, a compartment for each priority', async () => {
    const underWay = { background: 0, interactive: 0 };
    const ends: (() => void)[] = [];
    const occupy = (priority: 'background' | 'interactive') =>
      policies.run({ ...READ, priority }, never, async () => {
        underWay[priority] += 1;
        await new Promise<void>((resolve) => ends.push(resolve));
        return answered;
      });
    const calls = [occupy('background'), occupy('background'), occupy('background'), occupy('background')];
    await vi.advanceTimersByTimeAsync(0);
    expect(underWay).toEqual({ background: 2, interactive: 0 });
    expect(await run([answered], INTERACTIVE)).toEqual(answered);
    calls.push(occupy('background'));
    await vi.advanceTimersByTimeAsync(0);
    const overflow = await run([answered]);
    expect(overflow).toMatchObject({ kind: 'unproven', error: expect.any(BulkheadRejectedError) as Error });
    while (ends.length > 0) {
      ends.shift()?.();
      await vi.advanceTimersByTimeAsync(0);
    }
    await Promise.all(calls);
    expect(underWay.background).toBe(5);
  });
});
