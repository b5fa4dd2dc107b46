import { InvalidJobPayloadError, type JobBackoff, type RunAgain, validatePayload } from '../catalogue/job.js';
import type { BoundHandler } from './job-handlers.js';

/** How one run of a job ended. */
export type RunOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'run-again'; readonly inMs: number; readonly urgent: boolean }
  | { readonly kind: 'error'; readonly error: Error }
  /** Stopped from outside: to be run again, and not counted as an attempt. */
  | { readonly kind: 'given-back' }
  /** No later run can do better. */
  | { readonly kind: 'invalid'; readonly error: InvalidJobPayloadError };

export class JobTimeoutError extends Error {
  override readonly name = 'JobTimeoutError';
}

export interface RunCircumstances {
  readonly jobId: string;
  /** 1 for the first run. */
  readonly attempt: number;
  /** Aborted when the job must be given back: the process drains, or the job is no longer ours. */
  readonly stop: AbortSignal;
  /** How long, in ms, the run may go on after its signal is aborted before it is left to itself. */
  readonly abortGraceMs: number;
}

type Ending = { readonly returned: RunAgain | void } | { readonly thrown: Error } | 'overrun';

/**
 * Runs a job once, within its time limit. Never rejects. A run that ignores its aborted signal is not waited for
 * beyond the grace: JavaScript cannot end it, but its job goes on.
 */
export async function runJob(
  { job, handler }: BoundHandler,
  payload: unknown,
  circumstances: RunCircumstances,
): Promise<RunOutcome> {
  const { jobId, attempt, stop, abortGraceMs } = circumstances;
  let valid: ReturnType<typeof validatePayload>;
  try {
    valid = validatePayload(job, payload);
  } catch (error) {
    if (error instanceof InvalidJobPayloadError) return { kind: 'invalid', error };
    return { kind: 'error', error: toError(error) };
  }
  if (stop.aborted) return { kind: 'given-back' };

  const run = new AbortController();
  // Made when the time is up: an error costs more than many a run.
  const limit = setTimeout(
    () => run.abort(new JobTimeoutError(`${job.name} ran longer than ${job.timeoutMs} ms`)),
    job.timeoutMs,
  );
  const stopRun = (): void => run.abort(stop.reason);
  stop.addEventListener('abort', stopRun, { once: true });
  let graceTimer: NodeJS.Timeout | undefined;
  const overrun = new Promise<Ending>((resolve) => {
    run.signal.addEventListener('abort', () => {
      graceTimer = setTimeout(() => resolve('overrun'), abortGraceMs);
    });
  });

  try {
    const ending = await Promise.race([invoke(handler, valid, { signal: run.signal, jobId, attempt }), overrun]);
    // What an aborted run returns says nothing: it may have ended early without an error.
    if (run.signal.aborted) {
      const timeout: unknown = run.signal.reason;
      if (!(timeout instanceof JobTimeoutError)) return { kind: 'given-back' };
      if (ending !== 'overrun' && 'thrown' in ending && ending.thrown !== timeout) timeout.cause = ending.thrown;
      return { kind: 'error', error: timeout };
    }
    if (ending === 'overrun') throw new Error('a run cannot overrun before it is aborted');
    if ('thrown' in ending) return { kind: 'error', error: ending.thrown };
    if (ending.returned === undefined) return { kind: 'done' };
    const { runAgainInMs, urgent = false } = ending.returned;
    return { kind: 'run-again', inMs: Math.max(0, runAgainInMs), urgent };
  } finally {
    clearTimeout(limit);
    clearTimeout(graceTimer);
    stop.removeEventListener('abort', stopRun);
  }
}

async function invoke(
  handler: BoundHandler['handler'],
  payload: Parameters<BoundHandler['handler']['handle']>[0],
  context: Parameters<BoundHandler['handler']['handle']>[1],
): Promise<Ending> {
  try {
    return { returned: await handler.handle(payload, context) };
  } catch (error) {
    return { thrown: toError(error) };
  }
}

const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/**
 * Exponential back-off with full jitter: anywhere between nothing and the doubled delay, so that jobs that failed
 * together do not come back together.
 * @param failures runs that failed so far, at least 1
 * @param random a number from 0 up to 1
 * @returns ms, at least 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffDelayMs(backoff: JobBackoff, failures: number, random: number): number {
  const ceiling = Math.min(backoff.maxDelayMs, backoff.firstDelayMs * 2 ** (failures - 1));
  return Math.max(1, Math.round(ceiling * random));
}
