/** What is wrong, as RFC 9457 calls it a problem type: one stable code, one meaning, one page at `/errors/{code}`. */
export interface ProblemType<Code extends string = string> {
  readonly code: Code;
  readonly status: number;
  readonly title: string;
  /** What it means, for the page and docs/errors.md. */
  readonly description: string;
  /** What the caller can do about it. */
  readonly suggestion: string;
  /** Whether the same request can succeed later without a change. */
  readonly retryable: boolean;
}

/** One fault in the input. `pointer` is a JSON pointer into the body (`/ports/0`), or `?name` for a query parameter. */
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
