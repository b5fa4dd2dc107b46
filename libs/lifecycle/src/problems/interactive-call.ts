import { NovitaError } from '@app/novita-client';
import { Problem } from '@app/platform';
import { lifecycleProblems } from './lifecycle.problems.js';
import { problemOfNovitaError } from './provider-fault.js';

/** How long a person is kept waiting for the provider, in ms. */
const INTERACTIVE_DEADLINE_MS = 5_000;

/**
 * Calls the provider while a person waits.
 *
 * @throws Problem for every failure of the provider, and when the time is over
 */
export async function interactively<Value>(call: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const signal = AbortSignal.timeout(INTERACTIVE_DEADLINE_MS);
  try {
    return await call(signal);
  } catch (error) {
    if (error instanceof NovitaError) throw problemOfNovitaError(error);
    if (!signal.aborted) throw error;
    const detail = `Novita did not answer within ${INTERACTIVE_DEADLINE_MS / 1000} s`;
    throw new Problem(lifecycleProblems['network-error'], { detail, cause: error });
  }
}
