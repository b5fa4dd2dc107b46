import { NOVITA_ERROR_KINDS, type NovitaError, type NovitaErrorKind } from '../novita.errors.js';
import type { MalformedItem } from '../novita.js';
import type { Surprise } from '../parsing/surprises.js';
import type { NovitaEffect } from './novita-request.js';

/** How one attempt ended, by what it proves about the service. */
export type Attempt<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** The service answered, and not with what was asked for: a 4xx, or a 2xx that cannot be read. It is alive. */
  | { readonly kind: 'refused'; readonly error: NovitaError }
  /** The service failed: 5xx, timeout, reset. `unsent`: provably nothing reached it. */
  | { readonly kind: 'failed'; readonly error: NovitaError; readonly unsent: boolean }
  /** It ended before the service could show anything: the caller gave up, or no turn came. */
  | { readonly kind: 'unproven'; readonly error: unknown; readonly probe: boolean };

/**
 * Whether the circuit breaker counts the attempt against the service. Never a 4xx or a 429: five wrong ids must not
 * stop everybody's calls. While the breaker probes a service that was down, an attempt that proved nothing must not
 * close it either.
 */
export function countsAgainstService(attempt: Attempt<unknown>): boolean {
  return attempt.kind === 'failed' || (attempt.kind === 'unproven' && attempt.probe);
}

/**
 * Whether the same request may be sent again within the call. A read always may. What changes something is repeated
 * only when the first one certainly did nothing: it never left, or it was refused for its rate.
 */
export function mayRepeat(effect: NovitaEffect, attempt: Attempt<unknown>): boolean {
  if (attempt.kind === 'failed') return effect === 'read' || attempt.unsent;
  if (attempt.kind !== 'refused') return false;
  return attempt.error.kind === 'rate-limited' || (effect === 'read' && attempt.error.kind === 'malformed-answer');
}

export const EXCHANGE_OUTCOMES = ['ok', 'aborted', ...NOVITA_ERROR_KINDS] as const;
export type ExchangeOutcome = (typeof EXCHANGE_OUTCOMES)[number];

/** Sees what the client does, for metrics and the log. Calls are named without ids, such as `GET /gpu/instance`. */
export interface CallObserver {
  /** One exchange with the service ended. */
  exchanged(call: string, outcome: ExchangeOutcome, durationMs: number): void;
  /** A call ended before it was ever sent. */
  notSent(call: string, kind: NovitaErrorKind): void;
  /** Parts of an answer that were left out. */
  malformed(call: string, items: readonly MalformedItem[]): void;
  /** Parts of an answer, or the reason of a refusal, that this version does not know. */
  surprised(call: string, found: readonly Surprise[]): void;
}
