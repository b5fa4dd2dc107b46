import { NewestRead } from '../state/newest-read.js';
import { problemOf, unreachable } from './problem.js';

const PATIENCE_MS = 20_000;

/**
 * The address of a route for this page, which a proxy may show below a path of its own.
 *
 * @param {string} path such as `/docs`
 */
export function addressOf(path) {
  return `.${path}`;
}

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Headers} headers
 * @property {any} body what the types of `api-types.js` say
 *
 * @typedef {object} Noted what is told of every call that ended
 * @property {boolean} ok
 * @property {number} status 0 when no answer came
 * @property {Headers | null} headers
 * @property {boolean} isNews false when a call that began later ended before
 *
 * @typedef {object} RequestOptions
 * @property {unknown} [body] sent as JSON
 * @property {Readonly<Record<string, string>>} [headers]
 * @property {AbortSignal} [signal]
 * @property {number} [patienceMs] how long an answer may take; a manual sync takes longer than most
 * @property {readonly number[]} [alsoFine] statuses of failure whose body is an answer all the same
 */

/** Calls the API of this very host with the key of the session. */
export class HttpClient {
  /**
   * @param {string} key
   * @param {(answer: Noted) => void} [onAnswer]
   *   told after every call, so that the page knows whether the API answers and how fresh its data is
   */
  constructor(key, onAnswer = () => undefined) {
    this.key = key;
    this.onAnswer = onAnswer;
    this.calls = new NewestRead();
    this.ended = new AbortController();
  }

  /** Breaks off what is under way, and sends nothing with this key any more. */
  end() {
    this.ended.abort();
  }

  /**
   * @param {string} path such as `/api/v1/instances`
   * @param {RequestOptions} [options]
   * @returns {Promise<Answer>}
   * @throws {import('./problem.js').ProblemError}
   */
  get(path, options = {}) {
    return this.request('GET', path, options);
  }

  /**
   * @param {string} path
   * @param {unknown} [body]
   * @param {RequestOptions} [options]
   * @returns {Promise<Answer>}
   */
  post(path, body, options = {}) {
    return this.request('POST', path, { ...options, body });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {RequestOptions} [options]
   * @returns {Promise<Answer>}
   * @throws {import('./problem.js').ProblemError}
   */
  async request(method, path, { body, headers = {}, signal, patienceMs = PATIENCE_MS, alsoFine = [] } = {}) {
    const timeout = AbortSignal.timeout(patienceMs);
    const given = signal === undefined ? this.ended.signal : AbortSignal.any([signal, this.ended.signal]);
    const isNews = this.calls.begin();
    const response = await this.send(
      method,
      path,
      {
        headers: {
          authorization: `Bearer ${this.key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([given, timeout]),
      },
      given,
      isNews,
    );
    const content = await contentOf(response, given);
    this.onAnswer({ ok: response.ok, status: response.status, headers: response.headers, isNews: isNews() });
    if (!response.ok && !alsoFine.includes(response.status)) throw problemOf(response, content);
    return { status: response.status, headers: response.headers, body: content };
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {RequestInit} init
   * @param {AbortSignal} given what else may break it off
   * @param {() => boolean} isNews
   */
  async send(method, path, init, given, isNews) {
    try {
      return await fetch(addressOf(path), { method, ...init, cache: 'no-store', credentials: 'same-origin' });
    } catch (error) {
      if (given.aborted) throw error;
      this.onAnswer({ ok: false, status: 0, headers: null, isNews: isNews() });
      throw unreachable();
    }
  }
}

/**
 * @param {Response} response
 * @param {AbortSignal} given
 * @returns {Promise<unknown>}
 */
async function contentOf(response, given) {
  try {
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return isJson && text !== '' ? JSON.parse(text) : text;
  } catch (error) {
    if (given.aborted) throw error;
    throw unreachable();
  }
}

/**
 * A path with those query parameters that are given.
 *
 * @param {string} path
 * @param {Readonly<Record<string, string | number | boolean | null | undefined>>} query
 */
export function withQuery(path, query) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
