import { isObject, oneLine, parseJson, parseRetryAfter, SECOND_MS } from '@app/platform';

/** What went wrong between an apiserver and us. Each kind has its own way on; see `reflector/next-step.ts`. */
export type ApiserverErrorKind =
  /** The version, or the token of the next page, is older than what the cluster remembers. */
  | 'gone'
  /** The version is newer than what the server that was asked has: it lags, or the cluster went back to a backup. */
  | 'too-large-version'
  | 'forbidden'
  | 'unauthorized'
  | 'throttled'
  /** The server does not accept the request as such: a parameter that it does not know, for one. */
  | 'invalid'
  /** The cluster has no such kind, or what answers is no apiserver. */
  | 'absent'
  | 'server'
  /** No answer, or one that broke off. */
  | 'unreachable'
  /** An answer that cannot be read. */
  | 'malformed'
  /** An answer of more bytes than are taken; a shorter page may be answered. */
  | 'too-large-answer';

/** No longer wait than this is taken from an answer. */
const LONGEST_RETRY_AFTER_MS = 300 * SECOND_MS;
const MAX_MESSAGE = 300;

export class ApiserverError extends Error {
  override readonly name = 'ApiserverError';

  /**
   * @param message one line, without a secret
   * @param retryAfterMs how long the server asks to be left alone; null when it does not say
   */
  constructor(
    readonly kind: ApiserverErrorKind,
    message: string,
    readonly retryAfterMs: number | null = null,
    options?: ErrorOptions,
  ) {
    super(oneLine(message, MAX_MESSAGE), options);
  }
}

/** The members of a `Status` object that are of use here. */
interface Status {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterMs: number | null;
  readonly causes: readonly string[];
}

/** The error of an answer that is not 200. @param nowMs for a `Retry-After` that is a date */
export function errorOfAnswer(
  httpStatus: number,
  retryAfter: string | null,
  body: string,
  nowMs: number,
): ApiserverError {
  const status = readStatus(parseJson(body));
  // A server that is overloaded, or a proxy before it, may say it in plain text.
  const text = status.message === '' && !/^\s*[<{]/.test(body) ? body : status.message;
  const message = `${httpStatus} ${text}`;
  const retryAfterMs = parseRetryAfter(retryAfter, nowMs, LONGEST_RETRY_AFTER_MS) ?? status.retryAfterMs;
  return new ApiserverError(kindOf({ ...status, code: httpStatus }), message, retryAfterMs);
}

/** The error of an ERROR event, whose object is a `Status`. */
export function errorOfEvent(object: unknown): ApiserverError {
  const status = readStatus(object);
  const message = `${status.code === 0 ? 'an ERROR event' : status.code} ${status.message}`;
  return new ApiserverError(kindOf(status), message, status.retryAfterMs);
}

function kindOf({ code, reason, message, causes }: Status): ApiserverErrorKind {
  if (code === 410 || reason === 'Expired' || reason === 'Gone') return 'gone';
  // Servers before 1.20 say it in the message only.
  if (causes.includes('ResourceVersionTooLarge') || (code === 504 && message.includes('Too large resource version'))) {
    return 'too-large-version';
  }
  if (code === 401) return 'unauthorized';
  if (code === 403) return 'forbidden';
  if (code === 404) return 'absent';
  if (code === 429) return 'throttled';
  return code >= 400 && code < 500 ? 'invalid' : 'server';
}

function readStatus(value: unknown): Status {
  const status = isObject(value) ? value : {};
  const details = isObject(status['details']) ? status['details'] : {};
  const causes = Array.isArray(details['causes']) ? details['causes'] : [];
  const seconds = details['retryAfterSeconds'];
  return {
    code: typeof status['code'] === 'number' ? status['code'] : 0,
    reason: textOf(status['reason']),
    message: textOf(status['message']),
    retryAfterMs:
      typeof seconds === 'number' && seconds > 0 ? Math.min(seconds * SECOND_MS, LONGEST_RETRY_AFTER_MS) : null,
    causes: causes.map((cause: unknown) => (isObject(cause) ? textOf(cause['reason']) : '')),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
