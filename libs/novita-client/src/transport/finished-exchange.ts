import { parseRetryAfter } from '@app/platform';
import { NovitaMalformedAnswerError, NovitaNetworkError } from '../novita.errors.js';
import { UnreadableAnswerError } from '../parsing/read-value.js';
import { AnswerTooLargeError, type HttpAnswer } from './answer-collector.js';
import { errorFromAnswer, errorStatusOf } from './answer-error.js';
import type { Attempt } from './attempt.js';
import { networkFailureOf } from './network-failure.js';
import { callName, type NovitaRequest } from './novita-request.js';

/** No answer of the service holds all calls back for longer than this, whatever its header says. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * The result of an exchange with an answer.
 * @param apiKey so that it never shows in a message
 * @param nowMs milliseconds since 1970, for a `Retry-After` that is a date
 */
export function answeredExchange<Answer>(
  request: NovitaRequest<Answer>,
  answer: HttpAnswer,
  apiKey: string,
  nowMs: number,
): Attempt<Answer> {
  const call = callName(request);
  const retryAfterMs = parseRetryAfter(answer.retryAfter, nowMs, LONGEST_PAUSE_MS);
  const refused = (status: number): Attempt<Answer> => {
    const error = errorFromAnswer(request, status, answer.body.toString('utf8'), retryAfterMs, apiKey);
    return error.kind === 'server-fault' ? { kind: 'failed', error, unsent: false } : { kind: 'refused', error };
  };
  if (answer.status < 200 || answer.status > 299) return refused(answer.status);
  try {
    const quick = request.parseBytes?.(answer.body) ?? null;
    if (quick !== null) return { kind: 'answered', answer: quick };
    const body = parseAnswer(answer.body.toString('utf8'));
    const status = errorStatusOf(request.effect, body);
    return status === null ? { kind: 'answered', answer: request.parse(body) } : refused(status);
  } catch (cause) {
    if (!(cause instanceof UnreadableAnswerError)) throw cause;
    const message = `${call} answered ${answer.status} with what cannot be read: ${cause.message}`;
    return {
      kind: 'refused',
      error: new NovitaMalformedAnswerError(message, { call, httpStatus: answer.status, cause }),
    };
  }
}

/** The result of an exchange without an answer. @param cause what `send` threw */
export function brokenExchange(
  call: string,
  cause: unknown,
): Extract<Attempt<never>, { readonly kind: 'refused' | 'failed' }> {
  if (cause instanceof AnswerTooLargeError) {
    const message = `${call} answered with ${cause.message}`;
    return { kind: 'refused', error: new NovitaMalformedAnswerError(message, { call, cause }) };
  }
  const { code, unsent } = networkFailureOf(cause);
  return { kind: 'failed', error: new NovitaNetworkError(`${call} failed: ${code}`, { call, cause }), unsent };
}

function parseAnswer(body: string): unknown {
  // Commands are answered with nothing as well; what needs an answer finds out when it reads it.
  if (body === '') return null;
  try {
    return JSON.parse(body);
  } catch {
    throw new UnreadableAnswerError('not JSON');
  }
}
