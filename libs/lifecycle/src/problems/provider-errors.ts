import type { InstanceError } from '@app/instance-store';
import { NovitaError, type NovitaErrorKind, NovitaNotFoundError } from '@app/novita-client';
import { Problem, type Timestamp } from '@app/platform';
import { type LifecycleProblemCode, lifecycleProblems } from './lifecycle.problems.js';

/*
 * Failed calls to the provider: reduced to the members that a decision needs, written into the record (`lastError`), or
 * answered to a caller who waits (a `Problem`).
 */

/** A failed call to the provider, reduced to the members that a decision needs. */
export interface ProviderError {
  readonly kind: NovitaErrorKind | 'unclean-listing';
  readonly message: string;
  /** Whether the call may have taken effect although it failed. */
  readonly effectUnknown: boolean;
  /** How long the provider wants no call from us; null when it did not say. */
  readonly retryAfterMs: number | null;
}

const CODES: Readonly<Record<ProviderError['kind'], LifecycleProblemCode>> = {
  'not-found': 'vanished-at-provider',
  'invalid-state': 'instance-busy',
  'rate-limited': 'provider-rate-limited',
  'insufficient-resource': 'resource-constraints',
  'insufficient-balance': 'insufficient-balance',
  unauthorized: 'provider-unauthorized',
  'invalid-request': 'provider-refused',
  'server-fault': 'provider-unavailable',
  network: 'network-error',
  timeout: 'network-error',
  'circuit-open': 'provider-unavailable',
  'malformed-answer': 'provider-unavailable',
  'unclean-listing': 'provider-unavailable',
};

/** Codes that say "for the moment": they leave `lastError` as soon as the provider answers again. */
const TRANSIENT: ReadonlySet<string> = new Set<LifecycleProblemCode>([
  'provider-rate-limited',
  'provider-unavailable',
  'provider-unauthorized',
  'network-error',
]);

/** How long a person is kept waiting for the provider, in ms. */
const INTERACTIVE_DEADLINE_MS = 5_000;

export function providerErrorOf(error: NovitaError): ProviderError {
  return {
    kind: error.kind,
    message: error.message,
    effectUnknown: error.effectUnknown,
    retryAfterMs: error.context.retryAfterMs ?? null,
  };
}

export function problemCodeOf(kind: ProviderError['kind']): LifecycleProblemCode {
  return CODES[kind];
}

/** The failure as a record holds it, in the words of the problem registry. */
export function instanceError(code: LifecycleProblemCode, message: string, at: Timestamp): InstanceError {
  const { retryable, suggestion } = lifecycleProblems[code];
  return { code, message, at, retryable, suggestion };
}

/** Whether the error passes as soon as the provider answers again. */
export function isTransient(error: InstanceError | null): boolean {
  return error !== null && TRANSIENT.has(error.code);
}

/** The problem that a caller gets when a call to the provider failed on the caller's time. */
export function problemOfNovitaError(error: NovitaError): Problem {
  const retryAfterMs = error.context.retryAfterMs;
  const code = error instanceof NovitaNotFoundError ? 'provider-refused' : problemCodeOf(error.kind);
  return new Problem(lifecycleProblems[code], {
    detail: error.message,
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
  });
}

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
