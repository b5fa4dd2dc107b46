import {
  NovitaCircuitOpenError,
  type NovitaError,
  NovitaInsufficientBalanceError,
  NovitaInsufficientResourceError,
  NovitaInvalidRequestError,
  NovitaInvalidStateError,
  NovitaMalformedAnswerError,
  NovitaNetworkError,
  NovitaNotFoundError,
  NovitaRateLimitedError,
  NovitaServerFaultError,
  NovitaTimeoutError,
  NovitaUnauthorizedError,
} from '@app/novita-client';
import { describe, expect, it } from 'vitest';
import { problemOfNovitaError } from './provider-errors.js';

const context = { call: 'GET /gpu/instance' };

describe('problemOfNovitaError', () => {
  it.each([
    [new NovitaNotFoundError('x', context), 'provider-refused', 502, false],
    [new NovitaInvalidStateError('x', context), 'instance-busy', 409, true],
    [new NovitaRateLimitedError('x', context), 'provider-rate-limited', 503, true],
    [new NovitaInsufficientResourceError('x', context), 'resource-constraints', 409, true],
    [new NovitaInsufficientBalanceError('x', context), 'insufficient-balance', 402, false],
    [new NovitaUnauthorizedError('x', context), 'provider-unauthorized', 502, false],
    [new NovitaInvalidRequestError('x', context), 'provider-refused', 502, false],
    [new NovitaServerFaultError('x', context), 'provider-unavailable', 503, true],
    [new NovitaNetworkError('x', context), 'network-error', 502, true],
    [new NovitaTimeoutError('x', context), 'network-error', 502, true],
    [new NovitaCircuitOpenError('x', context), 'provider-unavailable', 503, true],
    [new NovitaMalformedAnswerError('x', context), 'provider-unavailable', 503, true],
  ] satisfies [NovitaError, string, number, boolean][])('maps %s to %s', (error, code, status, retryable) => {
    expect(problemOfNovitaError(error).type).toMatchObject({ code, status, retryable });
  });

  it('hands the time to wait on, in whole seconds', () => {
    const { details } = problemOfNovitaError(new NovitaRateLimitedError('x', { ...context, retryAfterMs: 1_200 }));
    expect(details.retryAfterSeconds).toBe(2);
  });
});
