/** A problem type of RFC 9457: one stable code, one meaning, one page at `/errors/{code}`. */
export interface ProblemType<Code extends string = string> {
  readonly code: Code;
  readonly status: number;
  readonly title: string;
  /** The meaning, for the page and docs/errors.md. */
  readonly description: string;
  /** A suggestion to the caller. */
  readonly suggestion: string;
  /** Whether the same request can succeed later without a change. */
  readonly retryable: boolean;
}

/** One violation of the input. `pointer` is a JSON pointer into the body (`/ports/0`), or `?name` for a query parameter. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemDetails {
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  /** Whole seconds; becomes the `Retry-After` header. */
  readonly retryAfterSeconds?: number;
  /** Replaces the type's suggestion where a better one is known. */
  readonly suggestion?: string;
  /** Replaces what the type says, where it depends on the request. */
  readonly retryable?: boolean;
  /** Further members of the problem document, such as `status` of the instance or `candidates`. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The error that a request ends with on purpose; the one filter turns it into `application/problem+json`. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly type: ProblemType,
    readonly details: ProblemDetails,
  ) {
    super(details.detail, { cause: details.cause });
  }
}

/** Declares a family of problem types; the key is the code. */
export function defineProblems<Codes extends string>(
  types: Record<Codes, Omit<ProblemType, 'code'>>,
): { readonly [Code in Codes]: ProblemType<Code> } {
  const defined: Partial<Record<Codes, ProblemType>> = {};
  for (const code of Object.keys(types) as Codes[]) defined[code] = { ...types[code], code };
  return defined as { readonly [Code in Codes]: ProblemType<Code> };
}

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/**
 * How a problem goes over the wire: https://www.rfc-editor.org/rfc/rfc9457
 *
 * @param prefix path below which the client sees this service
 */
export function problemAnswer({ type, details }: Problem, requestId: string, prefix: string): ProblemAnswer {
  return {
    status: type.status,
    headers: headersOf(type.status, details.retryAfterSeconds, details.extensions?.['allow']),
    body: {
      // First, so that they cannot take the place of the standard members.
      ...details.extensions,
      type: `${prefix}/errors/${type.code}`,
      title: type.title,
      status: type.status,
      detail: details.detail,
      instance: `urn:request:${requestId}`,
      code: type.code,
      retryable: details.retryable ?? type.retryable,
      suggestion: details.suggestion ?? type.suggestion,
      requestId,
      ...(details.errors === undefined ? {} : { errors: details.errors }),
    },
  };
}

function headersOf(status: number, retryAfterSeconds: number | undefined, allow: unknown): Record<string, string> {
  return {
    'Content-Type': `${PROBLEM_MEDIA_TYPE}; charset=utf-8`,
    // A problem is never the lasting state of an address.
    'Cache-Control': 'no-store',
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(Math.max(0, Math.ceil(retryAfterSeconds))) }),
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(status === 405 && Array.isArray(allow) ? { Allow: allow.join(', ') } : {}),
  };
}

/** The effect of a request, as far as the answer to its failure depends on it. */
export interface RequestEffect {
  /** It only reads, so its failure leaves nothing behind. */
  readonly isRead: boolean;
  readonly isRepeatable: boolean;
}
