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
 * What a log record says of an error: these members only. Errors of HTTP and Redis clients carry whole requests with
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
