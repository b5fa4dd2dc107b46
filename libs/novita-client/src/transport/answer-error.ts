import { oneLine } from '@app/platform';
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
import { isFields, numberOf, textOf } from '../parsing/read-value.js';
import { callName, type NovitaEffect, type NovitaRequest, type NovitaSubject } from './novita-request.js';

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
 * The error that an answer means, by HTTP status, reason and message (Novita's "basic error code" page).
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
  const answer = readErrorBody(body);
  const Meant = meaningOf(request, status, answer);
  const text = describeBody(answer, [apiKey, ...(request.secrets ?? [])]);
  return new Meant(`${callName(request)} answered ${status}${text === '' ? '' : ` ${text}`}`, {
    call: callName(request),
    httpStatus: status,
    ...(answer.reason === null ? {} : { reason: answer.reason }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

function meaningOf(request: Refused, status: number, answer: ErrorBody): Meaning {
  // 408: the service gave up on reading the request, or something before it did; like a 5xx it says nothing of the request.
  if (status >= 500 || status === 408) return NovitaServerFaultError;
  const reason = answer.reason ?? '';
  const message = answer.message ?? '';
  if (status === 429 || RATE_REASONS.has(reason)) return NovitaRateLimitedError;
  if (status === 401 || status === 403 || UNAUTHORIZED_REASONS.has(reason)) return NovitaUnauthorizedError;
  // Some answers carry these two words in the message or in place of the code.
  if (status === 402 || BALANCE.test(reason) || BALANCE.test(message)) return NovitaInsufficientBalanceError;
  if (STOCK.test(reason) || STOCK.test(message)) return NovitaInsufficientResourceError;
  if (saysNotFound(request.subject, status, answer)) return NovitaNotFoundError;
  if (STATE_MESSAGE.test(message)) return NovitaInvalidStateError;
  if (request.effect === 'command' && (status === 409 || STATE_REASONS.has(reason))) return NovitaInvalidStateError;
  return NovitaInvalidRequestError;
}

/**
 * Whether the answer says that the request's own subject does not exist. A missing thing is HTTP 400 with a reason; a
 * bare 404 is an unknown route, thus a wrong address or a proxy, and must never count as a missing instance. Nor may
 * a reason that names another thing, such as the instance's image or local disk.
 */
function saysNotFound(subject: NovitaSubject | null, status: number, answer: ErrorBody): boolean {
  if (subject === null || !answer.structured) return false;
  if (answer.reason !== null && NOT_FOUND_REASONS[subject].has(answer.reason)) return true;
  if (status === 404) return false;
  const unspecific = answer.reason === null || UNSPECIFIC_REASONS.has(answer.reason);
  return unspecific && NOT_FOUND_MESSAGE.test(answer.message ?? '');
}

/** The message in the body of an error, as far as it can be read. */
interface ErrorBody {
  /** Novita's own word, such as `RESOURCE_NOT_FOUND`. */
  readonly reason: string | null;
  readonly message: string | null;
  /** False for plain text and web pages, which come from something in front of the API. */
  readonly structured: boolean;
}

const LONGEST_MESSAGE = 300;
/** A shorter text, such as `1` or `on`, is no secret, and taking it out would make a message unreadable. */
const SHORTEST_SECRET = 4;
const REASON = /^[A-Z][A-Z0-9_]{1,79}$/;

/**
 * Reads the body of an error. The documented form is `{code, reason, message, metadata}`; observed as well are `error` and
 * `title` in place of the message, the reason in place of the code, plain text and web pages.
 */
function readErrorBody(body: string): ErrorBody {
  const answer = parseJson(body);
  if (!isFields(answer)) {
    const isPage = /^\s*</.test(body);
    return { reason: null, message: isPage ? 'a web page instead of an answer' : textOf(body), structured: false };
  }
  const nested = isFields(answer['error']) ? answer['error'] : null;
  return {
    reason: [answer['reason'], answer['code'], nested?.['reason'], nested?.['code']].find(isReason) ?? null,
    message:
      textOf(answer['message']) ??
      textOf(answer['error']) ??
      textOf(nested?.['message']) ??
      textOf(answer['title']) ??
      null,
    structured: true,
  };
}

/**
 * The error inside an answer with status 200, if it is one: the HTTP status that its `code` names, or 400 when a
 * command is answered with an `error` text. A success has none of these.
 */
export function errorStatusOf(effect: NovitaEffect, answer: unknown): number | null {
  if (!isFields(answer)) return null;
  const code = numberOf(answer['code']);
  if (isReason(answer['reason']) && code !== null && code >= 400 && code <= 599) return code;
  return effect !== 'read' && typeof answer['error'] === 'string' && answer['error'] !== '' ? 400 : null;
}

/**
 * One bounded line for an error message, without control characters and without the texts that must not be shown.
 * @param secrets texts of the request, and the key
 */
function describeBody(body: ErrorBody, secrets: readonly string[]): string {
  let text = [body.reason, body.message].filter((part) => part !== null).join(': ');
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    text = text.replaceAll(secret, '***').replaceAll(JSON.stringify(secret).slice(1, -1), '***');
  }
  return oneLine(text, LONGEST_MESSAGE);
}

function isReason(value: unknown): value is string {
  return typeof value === 'string' && REASON.test(value);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
