import { escapeRegExp } from '../kernel/text.js';

const REDACTED = '[redacted]';

/** Members whose value is a secret whatever it holds: named so, or ending so (`sshPassword`, `x-api-key`). */
const SECRET_MEMBER =
  /(?<!\\)(\\*)"(?:[^"\\]{0,60}(?:passw(?:or)?d|secret|token|api[-_]?keys?|authorization|cookies?|credentials?)|envs?)\1"\s*:\s*/gi;
const SCHEME_CREDENTIALS = /\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi;
const URL_PASSWORD = /(:\/\/[^\s:/@"\\]*):[^\s/@"\\]+@/g;
/** Tokens of instances name their instance, which may be shown. */
const INSTANCE_TOKEN = /\b(nft_ins_[0-9A-Z]{26}_)[0-9a-f]{8,}/g;
const ASSIGNED_SECRET = /\b((?:password|passwd|secret|token|api[-_]?key)\s*=\s*)[^\s&"'\\,;]+/gi;

/**
 * Makes the last step before a log line is written: takes out every secret, wherever in the record it stands.
 * @param knownSecrets texts that must never appear, such as the provider's key
 */
export function createLineRedactor(knownSecrets: readonly string[]): (line: string) => string {
  const known = knownSecretsPattern(knownSecrets);
  return (line) => {
    let clean = redactMembers(line);
    if (known !== null) clean = clean.replace(known, REDACTED);
    if (clean.includes('://')) clean = clean.replace(URL_PASSWORD, `$1:${REDACTED}@`);
    if (clean.includes('nft_')) clean = clean.replace(INSTANCE_TOKEN, `$1${REDACTED}`);
    if (clean.includes('=')) clean = clean.replace(ASSIGNED_SECRET, `$1${REDACTED}`);
    return clean.replace(SCHEME_CREDENTIALS, `$1 ${REDACTED}`);
  };
}

/** Below this length a secret is a word like any other; taking it out would spoil lines and hide nothing. */
const MIN_KNOWN_LENGTH = 6;

function knownSecretsPattern(secrets: readonly string[]): RegExp | null {
  const forms = secrets
    .filter((secret) => secret.length >= MIN_KNOWN_LENGTH)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  if (forms.length === 0) return null;
  // Longest first, so that a secret which begins with another goes whole.
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((form) => escapeRegExp(form)).join('|'), 'g');
}

function redactMembers(line: string): string {
  let clean = '';
  let from = 0;
  SECRET_MEMBER.lastIndex = 0;
  for (let match = SECRET_MEMBER.exec(line); match !== null; match = SECRET_MEMBER.exec(line)) {
    const start = SECRET_MEMBER.lastIndex;
    const escapes = match[1] ?? '';
    const end = escapes === '' ? endOfValue(line, start) : endOfString(line, start);
    clean += `${line.slice(from, start)}${escapes === '' ? `"${REDACTED}"` : REDACTED}`;
    from = end;
    SECRET_MEMBER.lastIndex = end;
  }
  return from === 0 ? line : clean + line.slice(from);
}

/** Where the JSON value that begins at `start` ends. */
function endOfValue(line: string, start: number): number {
  let depth = 0;
  for (let index = start; index < line.length; index++) {
    const character = line[index];
    if (character === '"') {
      index = endOfString(line, index + 1);
      if (depth === 0) return index + 1;
    } else if (character === '{' || character === '[') {
      depth++;
    } else if (character === '}' || character === ']') {
      depth--;
      if (depth === 0) return index + 1;
      if (depth < 0) return index;
    } else if (character === ',' && depth === 0) {
      return index;
    }
  }
  return line.length;
}

/** The place of the quote that ends the string which `start` lies in. */
function endOfString(line: string, start: number): number {
  for (let index = start; index < line.length; index++) {
    if (line[index] === '\\') index++;
    else if (line[index] === '"') return index;
  }
  return line.length;
}

const MAX_MESSAGE = 2_000;
const MAX_STACK = 8_000;
const MAX_CAUSES = 4;

export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/**
 * An error in a log record: these members only. Errors of HTTP and Redis clients carry whole requests with
 * their headers as further members.
 */
export function serializeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: cut(textOf(error), MAX_MESSAGE) };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: cut(error.message, MAX_MESSAGE),
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: cut(error.stack, MAX_STACK) }),
    ...(error.cause === undefined || error.cause === null || depth >= MAX_CAUSES
      ? {}
      : { cause: serializeError(error.cause, depth + 1) }),
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'a value that cannot be shown';
  }
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}...`;
}
