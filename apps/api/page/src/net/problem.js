/**
 * @typedef {object} FieldViolation
 * @property {string} pointer JSON pointer into the body, `?name` of the query, or the name of a header
 * @property {string} detail
 */

/** A rejection as RFC 9457 describes it, or a failure to reach the API at all (`status` 0). */
export class ProblemError extends Error {
  /**
   * @param {object} problem
   * @param {string} problem.code
   * @param {number} problem.status 0 when no answer came
   * @param {string} problem.title
   * @param {string} [problem.detail]
   * @param {string} [problem.suggestion]
   * @param {boolean} [problem.retryable]
   * @param {string} [problem.requestId]
   * @param {readonly FieldViolation[]} [problem.errors]
   */
  constructor(problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ProblemError';
    this.code = problem.code;
    this.status = problem.status;
    this.title = problem.title;
    this.detail = problem.detail ?? problem.title;
    this.suggestion = problem.suggestion ?? '';
    this.retryable = problem.retryable ?? false;
    this.requestId = problem.requestId ?? '';
    this.errors = problem.errors ?? [];
  }
}

/** @returns {ProblemError} */
export function unreachable() {
  return new ProblemError({
    code: 'api-unreachable',
    status: 0,
    title: 'The API cannot be reached.',
    suggestion: 'Check the connection and that the service runs; the page goes on by itself as soon as it answers.',
    retryable: true,
  });
}

/**
 * @param {Response} response
 * @param {unknown} body
 * @returns {ProblemError}
 */
export function problemOf(response, body) {
  const known = /** @type {Partial<ConstructorParameters<typeof ProblemError>[0]>} */ (
    typeof body === 'object' && body !== null ? body : {}
  );
  return new ProblemError({
    ...known,
    code: known.code ?? 'unexpected-answer',
    status: response.status,
    title: known.title ?? `The answer was ${response.status}, which nobody explained.`,
    suggestion: withWait(known.suggestion ?? '', response.headers.get('retry-after')),
  });
}

/**
 * Advice of the API, with the time in place of the header that has it, which nobody sees here.
 *
 * @param {string} suggestion
 * @param {string | null} retryAfter seconds
 */
function withWait(suggestion, retryAfter) {
  const isSeconds = retryAfter !== null && /^\d+$/.test(retryAfter);
  return suggestion.replace('the time in Retry-After', isSeconds ? `${retryAfter} s` : 'a while');
}

/**
 * One or two plain sentences: what happened, and what to do about it.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function problemText(error) {
  if (!(error instanceof ProblemError)) return 'Something went wrong in this page. Reload it and try again.';
  const violations = error.errors.map(({ pointer, detail }) => `${fieldName(pointer)} ${detail}`);
  const what = violations.length > 0 ? `${error.title}: ${violations.join('; ')}` : error.detail;
  return [sentence(what), error.suggestion === '' ? '' : sentence(error.suggestion)].filter(Boolean).join(' ');
}

/** @param {string} pointer */
function fieldName(pointer) {
  return pointer.replace(/^[/?]/, '').replaceAll('/', ' ');
}

/** As one that begins with a capital and ends with a full stop. @param {string} text */
export function sentence(text) {
  const trimmed = text.trim();
  const first = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
