import type { NovitaError } from '../novita.errors.js';
import type { NovitaEffect } from './novita-request.js';

/** How one attempt ended, told apart by what it says of the service. */
export type Attempt<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** The service answered, and not with what was asked for: a 4xx, or a 2xx that cannot be read. It is alive. */
  | { readonly kind: 'refused'; readonly error: NovitaError }
  /** The service failed: 5xx, timeout, reset. `unsent`: provably nothing reached it. */
  | { readonly kind: 'fault'; readonly error: NovitaError; readonly unsent: boolean }
  /** It ended before the service could show anything: the caller gave up, or no turn came. */
  | { readonly kind: 'unproven'; readonly error: unknown; readonly probe: boolean };

/**
 * Whether the circuit breaker counts the attempt against the service. Never a 4xx or a 429: five wrong ids must not
 * stop everybody's calls. While the breaker probes a service that was down, an attempt that proved nothing must not
 * close it either.
 */
export function countsAgainstService(attempt: Attempt<unknown>): boolean {
  return attempt.kind === 'fault' || (attempt.kind === 'unproven' && attempt.probe);
}

/**
 * Whether the same request may be sent again within the call. A read always may. What changes something is repeated
 * only when the first one certainly did nothing: it never left, or it was refused for its rate.
 */
export function mayRepeat(effect: NovitaEffect, attempt: Attempt<unknown>): boolean {
  if (attempt.kind === 'fault') return effect === 'read' || attempt.unsent;
  if (attempt.kind !== 'refused') return false;
  return attempt.error.kind === 'rate-limited' || (effect === 'read' && attempt.error.kind === 'malformed-answer');
}
