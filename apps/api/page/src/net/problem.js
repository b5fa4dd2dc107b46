import { CALLS, FIELDS, PROBLEMS } from './words.js';

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
   * @param {boolean} [problem.retryable]
   * @param {string} [problem.requestId]
   * @param {readonly FieldViolation[]} [problem.errors]
   * @param {readonly string[]} [problem.nearest] known names that are similar to the unknown one
   * @param {string} [wait] how long to wait before the next try, in words
   */
  constructor(problem, wait = CALLS.aWhile) {
    super(problem.detail ?? problem.title);
    this.name = 'ProblemError';
    this.code = problem.code;
    this.status = problem.status;
    this.title = problem.title;
    this.detail = problem.detail ?? problem.title;
    this.retryable = problem.retryable ?? false;
    this.requestId = problem.requestId ?? '';
    this.errors = problem.errors ?? [];
    this.nearest = problem.nearest ?? [];
    this.wait = wait;
  }
}

/** @returns {ProblemError} */
export function unreachable() {
  return new ProblemError({
    code: 'api-unreachable',
    status: 0,
    title: CALLS.unreachable,
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
  const retryAfter = response.headers.get('retry-after');
  return new ProblemError(
    {
      ...known,
      code: known.code ?? 'unexpected-answer',
      status: response.status,
      title: known.title ?? CALLS.unexplained(response.status),
    },
    retryAfter !== null && /^\d+$/.test(retryAfter) ? `${retryAfter} s` : undefined,
  );
}

/**
 * One or two plain sentences: what happened, and what to do about it. A code that the page does not know shows what the
 * API says of it.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function problemText(error) {
  if (!(error instanceof ProblemError)) return CALLS.ownFault;
  return [problemSummary(error), problemAdvice(error)].filter(Boolean).join(' ');
}

/**
 * What happened.
 *
 * @param {ProblemError} error
 */
export function problemSummary({ code, detail, errors }) {
  const what = PROBLEMS[code]?.what ?? null;
  if (what === null || errors.length === 0) return sentence(what ?? detail);
  return sentence(`${what.replace(/\.$/, '')}: ${errors.map(violationText).join('; ')}`);
}

/** @param {FieldViolation} violation */
function violationText({ pointer, detail }) {
  return `${fieldLabel(pointer)} ${detail}`.trim();
}

/**
 * Where a violation is, such as `Ports 1`; counted from 1, as people do.
 *
 * @param {string} pointer a JSON pointer into the body, or `?name` of a query
 */
export function fieldLabel(pointer) {
  const [first = '', ...rest] = pointer.replace(/^[/?]/, '').split('/');
  const parts = rest.map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : part));
  return [FIELDS[first] ?? first, ...parts].join(' ').trim();
}

/**
 * What a person can do about it; empty for a code that the page does not know.
 *
 * @param {Pick<ProblemError, 'code'> & Partial<Pick<ProblemError, 'nearest' | 'wait'>>} error
 */
export function problemAdvice({ code, nearest = [], wait = CALLS.aWhile }) {
  const advice = PROBLEMS[code]?.advice.replace('{wait}', wait) ?? '';
  return nearest.length === 0 ? advice : CALLS.didYouMean(nearest.join(', '), advice).trim();
}

/** As one that begins with a capital and ends with a full stop. @param {string} text */
export function sentence(text) {
  const trimmed = text.trim();
  const first = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** What the service answers to reads of what is kept in Redis alone, while that is away. */
const STORE_AWAY = new Set(['degraded', 'dependency-unavailable']);

/** Whether something that is kept in Redis alone could not be read because that is away. @param {unknown} problem */
export function isStoreAway(problem) {
  return problem instanceof ProblemError && STORE_AWAY.has(problem.code);
}
