import {
  type NovitaError,
  type NovitaErrorContext,
  NovitaInsufficientBalanceError,
  NovitaInsufficientResourceError,
  NovitaInvalidRequestError,
  NovitaInvalidStateError,
  NovitaNotFoundError,
  NovitaRateLimitedError,
  NovitaServerFaultError,
  NovitaUnauthorizedError,
} from '../novita.errors.js';
import { describeBody, type ErrorBody, readErrorBody } from './error-body.js';
import { callName, type NovitaRequest, type NovitaSubject } from './novita-request.js';

const NOT_FOUND_REASONS: Record<NovitaSubject, ReadonlySet<string>> = {
  instance: new Set(['RESOURCE_NOT_FOUND', 'INSTANCE_NOT_FOUND']),
  template: new Set(['RESOURCE_NOT_FOUND', 'TEMPLATE_NOT_FOUND']),
};

/** Reasons that say nothing by themselves, so that the message counts. */
const UNSPECIFIC_REASONS = new Set(['REQUEST', 'UNKNOWN', 'NOT_FOUND', 'BAD_REQUEST']);

const UNAUTHORIZED_REASONS = new Set([
  'UNAUTHORIZED',
  'FORBIDDEN',
  'MISSING_API_KEY',
  'INVALID_API_KEY',
  'FAILED_TO_AUTH',
  'INVALID_USER_TOKEN',
  'USER_NOT_ACTIVATED',
  'BANNED_USER',
]);

const RATE_REASONS = new Set(['RATE_LIMIT_EXCEEDED', 'SEND_CODE_TOO_FAST', 'LIST_BILL_TOO_FAST']);
const BALANCE = /\b(?:EXPIRED_OR_)?BALANCE_NOT_ENOUGH\b/;
const STOCK = /\b(?:MIGRATE_)?INSUFFICIENT_RESOURCES?\b|\binsufficient resources?\b/i;
const STATE_REASONS = new Set(['DEPENDENT_RESOURCE_STATE', 'CONFLICT']);
const STATE_MESSAGE = /\binvalid state change\b/i;
/** "not fount" is how some of Novita's messages spell it. */
const NOT_FOUND_MESSAGE = /\bnot foun[dt]\b/i;

type Refused = Pick<NovitaRequest<unknown>, 'effect' | 'path' | 'subject' | 'secrets'>;
type Meaning = new (message: string, context: NovitaErrorContext) => NovitaError;

/**
 * The error that a refusal means, by HTTP status, reason and message (Novita's "basic error code" page).
 * @param body the text of the answer
 * @param retryAfterMs from the answer's `Retry-After`
 * @param apiKey so that it never shows in a message
 */
export function errorFromAnswer(
  request: Refused,
  status: number,
  body: string,
  retryAfterMs: number | null,
  apiKey: string,
): NovitaError {
  const told = readErrorBody(body);
  const Meant = meaningOf(request, status, told);
  const text = describeBody(told, [apiKey, ...(request.secrets ?? [])]);
  return new Meant(`${callName(request)} answered ${status}${text === '' ? '' : ` ${text}`}`, {
    call: callName(request),
    httpStatus: status,
    ...(told.reason === null ? {} : { reason: told.reason }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

function meaningOf(request: Refused, status: number, told: ErrorBody): Meaning {
  // 408: the service gave up on reading the request, or something before it did; like a 5xx it says nothing of us.
  if (status >= 500 || status === 408) return NovitaServerFaultError;
  const reason = told.reason ?? '';
  const message = told.message ?? '';
  if (status === 429 || RATE_REASONS.has(reason)) return NovitaRateLimitedError;
  if (status === 401 || status === 403 || UNAUTHORIZED_REASONS.has(reason)) return NovitaUnauthorizedError;
  // Some answers carry these two words in the message or in place of the code.
  if (status === 402 || BALANCE.test(reason) || BALANCE.test(message)) return NovitaInsufficientBalanceError;
  if (STOCK.test(reason) || STOCK.test(message)) return NovitaInsufficientResourceError;
  if (saysNotFound(request.subject, status, told)) return NovitaNotFoundError;
  if (STATE_MESSAGE.test(message)) return NovitaInvalidStateError;
  if (request.effect === 'command' && (status === 409 || STATE_REASONS.has(reason))) return NovitaInvalidStateError;
  return NovitaInvalidRequestError;
}

/**
 * Whether the answer says that the request's own subject does not exist. A missing thing is HTTP 400 with a reason; a
 * bare 404 is an unknown route, thus a wrong address or a proxy, and must never look like a missing instance. Nor may
 * a reason that names another thing, such as the instance's image or local disk.
 */
function saysNotFound(subject: NovitaSubject | null, status: number, told: ErrorBody): boolean {
  if (subject === null || !told.structured) return false;
  if (told.reason !== null && NOT_FOUND_REASONS[subject].has(told.reason)) return true;
  if (status === 404) return false;
  const unspecific = told.reason === null || UNSPECIFIC_REASONS.has(told.reason);
  return unspecific && NOT_FOUND_MESSAGE.test(told.message ?? '');
}
