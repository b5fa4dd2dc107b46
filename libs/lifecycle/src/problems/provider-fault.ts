import type { InstanceError } from '@app/instance-store';
import { type NovitaError, type NovitaErrorKind, NovitaNotFoundError } from '@app/novita-client';
import { Problem, type Timestamp } from '@app/platform';
import { type LifecycleProblemCode, lifecycleProblems } from './lifecycle.problems.js';

/** A failed call to the provider, reduced to what a decision needs. */
export interface ProviderFault {
  readonly kind: NovitaErrorKind | 'unclean-listing';
  readonly message: string;
  /** Whether the call may have taken effect although it failed. */
  readonly effectUnknown: boolean;
  /** How long the provider wants to be left alone; null when it did not say. */
  readonly retryAfterMs: number | null;
}

const CODES: Readonly<Record<ProviderFault['kind'], LifecycleProblemCode>> = {
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

export function isTransient(error: InstanceError | null): boolean {
  return error !== null && TRANSIENT.has(error.code);
}

export function faultOf(error: NovitaError): ProviderFault {
  return {
    kind: error.kind,
    message: error.message,
    effectUnknown: error.effectUnknown,
    retryAfterMs: error.context.retryAfterMs ?? null,
  };
}

export function problemCodeOf(kind: ProviderFault['kind']): LifecycleProblemCode {
  return CODES[kind];
}

/** What a record says about a failure, in the words of the problem registry. */
export function instanceError(code: LifecycleProblemCode, message: string, at: Timestamp): InstanceError {
  const { retryable, suggestion } = lifecycleProblems[code];
  return { code, message, at, retryable, suggestion };
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
