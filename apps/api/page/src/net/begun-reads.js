/**
 * Answers of the API that were asked for before the script of the page was there, by a script that shares no module with it.
 */

/**
 * @typedef {object} BegunRead
 * @property {string} key with which it was asked for
 * @property {number} begunAtMs
 * @property {AbortController} abort
 * @property {Promise<Response>} response
 */

const BEGUN = Symbol.for('novita-fleet.begun-reads');

/** What was asked for longer ago is asked for again. */
const FRESH_MS = 10_000;

/** @returns {Map<string, BegunRead>} by address */
function begunReads() {
  const known = Reflect.get(globalThis, BEGUN);
  if (known instanceof Map) return known;
  /** @type {Map<string, BegunRead>} */
  const reads = new Map();
  Reflect.set(globalThis, BEGUN, reads);
  return reads;
}

/**
 * @param {string} key
 * @param {readonly string[]} addresses
 */
export function beginReads(key, addresses) {
  const reads = begunReads();
  for (const address of addresses) {
    const abort = new AbortController();
    const response = call(address, { headers: { authorization: `Bearer ${key}` }, signal: abort.signal });
    // Whoever takes it learns of a failure; it may be that nobody does.
    response.catch(() => undefined);
    reads.set(address, { key, begunAtMs: performance.now(), abort, response });
  }
}

/**
 * The answer to a read that was begun with this key a moment ago; each is taken once.
 *
 * @param {string} address
 * @param {string} key
 * @param {AbortSignal} signal breaks it off
 * @returns {Promise<Response> | null} null when there is none
 */
export function takeBegunRead(address, key, signal) {
  const reads = begunReads();
  const read = reads.get(address);
  if (read === undefined) return null;
  reads.delete(address);
  if (read.key !== key || performance.now() > read.begunAtMs + FRESH_MS) {
    read.abort.abort();
    return null;
  }
  const { abort } = read;
  if (signal.aborted) abort.abort(signal.reason);
  else signal.addEventListener('abort', () => abort.abort(signal.reason), { once: true });
  return read.response;
}

/**
 * As all calls of the page are made.
 *
 * @param {string} address
 * @param {RequestInit} init
 */
export function call(address, init) {
  return fetch(address, { ...init, cache: 'no-store', credentials: 'same-origin' });
}
