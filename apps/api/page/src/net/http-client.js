import { addressOf } from './address.js';
import { call, takeBegunRead } from './begun-reads.js';
import { problemOf, unreachable } from './problem.js';

const PATIENCE_MS = 20_000;

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Headers} headers
 * @property {any} body what the types of `api-types.d.ts` say
 *
 * @typedef {object} Noted what the page learns of every call that ended
 * @property {boolean} ok
 * @property {number} status 0 when no answer came
 * @property {Headers | null} headers
 * @property {boolean} isNewest false when a call that began later ended before
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
   *   called after every call, so that the page knows whether the API answers and how fresh its data is
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
    const isNewest = this.calls.begin();
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
      isNewest,
    );
    const content = await contentOf(response, given);
    this.onAnswer({ ok: response.ok, status: response.status, headers: response.headers, isNewest: isNewest() });
    if (!response.ok && !alsoFine.includes(response.status)) throw problemOf(response, content);
    return { status: response.status, headers: response.headers, body: content };
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {RequestInit & {readonly signal: AbortSignal}} init
   * @param {AbortSignal} given what else may break it off
   * @param {() => boolean} isNewest
   */
  async send(method, path, init, given, isNewest) {
    const address = addressOf(path);
    try {
      const begun = method === 'GET' ? takeBegunRead(address, this.key, init.signal) : null;
      return await (begun ?? call(address, { method, ...init }));
    } catch (error) {
      if (given.aborted) throw error;
      this.onAnswer({ ok: false, status: 0, headers: null, isNewest: isNewest() });
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
 * Answers come in any order: the answer to an earlier request may come later, with an older state. A view that reads the
 * same thing again and again asks here whether an answer is the newest. The newest that came counts, not the newest that
 * was asked for, so that reads that take longer than their interval are shown all the same.
 */
export class NewestRead {
  constructor() {
    this.begun = 0;
    this.settled = 0;
  }

  /** @returns {() => boolean} to be called once, when the read came or failed: whether nothing newer did before */
  begin() {
    this.begun += 1;
    const turn = this.begun;
    return () => {
      if (turn < this.settled) return false;
      this.settled = turn;
      return true;
    };
  }
}

/**
 * An `Idempotency-Key`. Made without `crypto.randomUUID`, which browsers keep from pages that come over plain http from
 * another host.
 */
export function newIdempotencyKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The key of one form: the same content sent again after a lost answer is the same request, so that nothing is made
 * twice; other content, or the same after a rejection, is another one.
 */
export class IdempotencyKey {
  constructor() {
    this.key = newIdempotencyKey();
    this.content = '';
  }

  /** @param {unknown} body */
  for(body) {
    const content = JSON.stringify(body);
    if (content !== this.content && this.content !== '') this.key = newIdempotencyKey();
    this.content = content;
    return this.key;
  }

  /** The API keeps its rejections of content under the key; prices, stock and limits change, so the next try is a new one. */
  forget() {
    this.key = newIdempotencyKey();
    this.content = '';
  }
}

/**
 * Whether the API may have done what was asked for although no answer said so.
 *
 * @param {number} status 0 when no answer came
 */
export function isOutcomeUnknown(status) {
  return status === 0 || status >= 500;
}
