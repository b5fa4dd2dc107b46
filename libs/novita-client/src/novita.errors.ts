import { networkFailureOf } from './transport/network-failure.js';

/** The meaning of a failure of Novita's API. */
export const NOVITA_ERROR_KINDS = [
  'not-found',
  'invalid-state',
  'rate-limited',
  'insufficient-resource',
  'insufficient-balance',
  'unauthorized',
  'invalid-request',
  'server-fault',
  'network',
  'timeout',
  'circuit-open',
  'malformed-answer',
] as const;
export type NovitaErrorKind = (typeof NOVITA_ERROR_KINDS)[number];

export interface NovitaErrorContext {
  /** The call, such as `POST /gpu/instance/create`. */
  readonly call: string;
  readonly httpStatus?: number;
  /** The provider's own `reason`, such as `RESOURCE_NOT_FOUND`. */
  readonly reason?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** Base of every failure of the client; distinguish them by class or by `kind`. */
export abstract class NovitaError extends Error {
  abstract readonly kind: NovitaErrorKind;
  /** Whether the same call can succeed later without a change of ours. */
  abstract readonly retryable: boolean;
  /** Whether the call may have taken effect although it failed: a create must not be repeated before a search for its effect. */
  abstract readonly effectUnknown: boolean;

  constructor(
    message: string,
    readonly context: NovitaErrorContext,
  ) {
    super(message, { cause: context.cause });
  }
}

/** HTTP 400 RESOURCE_NOT_FOUND and the like: the thing does not exist. */
export class NovitaNotFoundError extends NovitaError {
  override readonly name = 'NovitaNotFoundError';
  readonly kind = 'not-found';
  readonly retryable = false;
  readonly effectUnknown = false;
}

/** "invalid state change": read the state again before you conclude anything: the command may have taken effect. */
export class NovitaInvalidStateError extends NovitaError {
  override readonly name = 'NovitaInvalidStateError';
  readonly kind = 'invalid-state';
  readonly retryable = true;
  readonly effectUnknown = true;
}

export class NovitaRateLimitedError extends NovitaError {
  override readonly name = 'NovitaRateLimitedError';
  readonly kind = 'rate-limited';
  readonly retryable = true;
  readonly effectUnknown = false;
}

/** Out of stock. */
export class NovitaInsufficientResourceError extends NovitaError {
  override readonly name = 'NovitaInsufficientResourceError';
  readonly kind = 'insufficient-resource';
  readonly retryable = true;
  readonly effectUnknown = false;
}

export class NovitaInsufficientBalanceError extends NovitaError {
  override readonly name = 'NovitaInsufficientBalanceError';
  readonly kind = 'insufficient-balance';
  readonly retryable = false;
  readonly effectUnknown = false;
}

/** 401 or 403: the key is wrong or lacks the right. */
export class NovitaUnauthorizedError extends NovitaError {
  override readonly name = 'NovitaUnauthorizedError';
  readonly kind = 'unauthorized';
  readonly retryable = false;
  readonly effectUnknown = false;
}

/** Any other 4xx: what we sent is refused as it stands. */
export class NovitaInvalidRequestError extends NovitaError {
  override readonly name = 'NovitaInvalidRequestError';
  readonly kind = 'invalid-request';
  readonly retryable = false;
  readonly effectUnknown = false;
}

/** 5xx. */
export class NovitaServerFaultError extends NovitaError {
  override readonly name = 'NovitaServerFaultError';
  readonly kind = 'server-fault';
  readonly retryable = true;
  readonly effectUnknown = true;
}

/** The connection could not be made or broke. */
export class NovitaNetworkError extends NovitaError {
  override readonly name = 'NovitaNetworkError';
  readonly kind = 'network';
  readonly retryable = true;
  readonly effectUnknown = true;
}

export class NovitaTimeoutError extends NovitaError {
  override readonly name = 'NovitaTimeoutError';
  readonly kind = 'timeout';
  readonly retryable = true;
  readonly effectUnknown = true;
}

/** The circuit breaker is open: nothing was sent. */
export class NovitaCircuitOpenError extends NovitaError {
  override readonly name = 'NovitaCircuitOpenError';
  readonly kind = 'circuit-open';
  readonly retryable = true;
  readonly effectUnknown = false;
}

/** A 2xx that cannot be read: it took effect, but how is not known. */
export class NovitaMalformedAnswerError extends NovitaError {
  override readonly name = 'NovitaMalformedAnswerError';
  readonly kind = 'malformed-answer';
  readonly retryable = true;
  readonly effectUnknown = true;
}

/** Whether the key itself is refused or missing; a 403 may only lack one right. */
export function refusesKey(error: NovitaError): boolean {
  return error.kind === 'unauthorized' && error.context.httpStatus !== 403;
}

/** The cause without the call, so that calls which fail for one cause say the same. */
export function causeOf(error: NovitaError): string {
  switch (error.kind) {
    case 'unauthorized':
      if (error.context.httpStatus === undefined) return 'NOVITA_API_KEY is not set';
      return refusesKey(error) ? 'Novita refuses NOVITA_API_KEY' : error.message;
    case 'network':
      return error.context.cause === undefined
        ? error.message
        : `Novita cannot be reached: ${networkFailureOf(error.context.cause).code}`;
    case 'timeout':
      return 'Novita does not answer in time';
    case 'circuit-open':
      return `${error.context.cause instanceof Error ? error.context.cause.message : 'Novita fails'}; it is not asked until it may be back`;
    case 'not-found':
    case 'invalid-state':
    case 'rate-limited':
    case 'insufficient-resource':
    case 'insufficient-balance':
    case 'invalid-request':
    case 'server-fault':
    case 'malformed-answer':
      return error.message;
  }
}
