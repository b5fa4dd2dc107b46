import { oneLine } from '@app/platform';
import { isFields, numberOf, textOf } from '../parsing/read-value.js';
import type { NovitaEffect } from './novita-request.js';

/** What the body of a refusal says, as far as it can be read. */
export interface ErrorBody {
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
 * Reads the body of a refusal. The documented form is `{code, reason, message, metadata}`; seen as well are `error` and
 * `title` in place of the message, the reason in place of the code, plain text and web pages.
 */
export function readErrorBody(body: string): ErrorBody {
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
 * The refusal inside an answer with status 200, if it is one: the HTTP status that its `code` names, or 400 when a
 * command is answered with an `error` text. A success has none of these.
 */
export function refusalStatusOf(effect: NovitaEffect, answer: unknown): number | null {
  if (!isFields(answer)) return null;
  const code = numberOf(answer['code']);
  if (isReason(answer['reason']) && code !== null && code >= 400 && code <= 599) return code;
  return effect !== 'read' && typeof answer['error'] === 'string' && answer['error'] !== '' ? 400 : null;
}

/**
 * One bounded line for an error message, without control characters and without the texts that must not be shown.
 * @param secrets texts of the request, and the key
 */
export function describeBody(body: ErrorBody, secrets: readonly string[]): string {
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
