import { addressOf } from '../http/http-client.js';
import { problemOf } from '../http/problem.js';
import { SseParser } from './sse-parser.js';

/**
 * @typedef {{kind: 'connecting'} | {kind: 'live'} | {kind: 'waiting', untilMs: number} | {kind: 'paused'} | {kind: 'refused', problem: import('../http/problem.js').ProblemError}} StreamState
 *
 * @typedef {object} EventStreamOptions
 * @property {string} path
 * @property {string} key
 * @property {(type: string, data: import('../http/api-types.js').EventData) => void} onEvent
 * @property {(state: StreamState) => void} onState
 */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The server says something every 15 s; a connection that is silent for longer is dead, whatever the system says of it. */
const SILENCE_MS = 40_000;

/**
 * Follows a stream of events through fetch, so that the key travels in a header and stays out of addresses and logs.
 * Comes back by itself, with the id of the last event, so that nothing is lost or repeated.
 */
export class EventStream {
  /** @param {EventStreamOptions} options */
  constructor(options) {
    this.options = options;
    this.parser = new SseParser(({ event, data }) => options.onEvent(event, JSON.parse(data)));
    /** Tries since the last one that brought something. */
    this.failures = 0;
    /** @type {AbortController | null} */
    this.running = null;
  }

  start() {
    if (this.running !== null) return;
    const running = new AbortController();
    this.running = running;
    void this.run(running.signal);
  }

  /** Lets go of the connection; `start` goes on after the last event. */
  pause() {
    if (this.running === null) return;
    this.running.abort();
    this.running = null;
    this.options.onState({ kind: 'paused' });
  }

  /** Tries at once instead of at the end of the wait. */
  hurry() {
    this.wake?.();
  }

  /** @param {AbortSignal} signal */
  async run(signal) {
    while (!signal.aborted) {
      this.options.onState({ kind: 'connecting' });
      const refusal = await this.follow(signal);
      if (signal.aborted) return;
      if (refusal !== null) {
        this.options.onState({ kind: 'refused', problem: refusal });
        return;
      }
      this.failures += 1;
      const waitMs = backOffMs(this.failures, this.parser.retryMs, Math.random());
      this.options.onState({ kind: 'waiting', untilMs: Date.now() + waitMs });
      await this.wait(waitMs, signal);
    }
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<import('../http/problem.js').ProblemError | null>} a refusal that no further try will change
   */
  async follow(signal) {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    try {
      const response = await fetch(addressOf(this.options.path), {
        headers: {
          accept: 'text/event-stream',
          authorization: `Bearer ${this.options.key}`,
          ...(this.parser.lastEventId === '' ? {} : { 'last-event-id': this.parser.lastEventId }),
        },
        cache: 'no-store',
        signal: AbortSignal.any([signal, silence.signal]),
      });
      if (!response.ok || response.body === null) return await refusalOf(response);
      this.parser.begin();
      this.options.onState({ kind: 'live' });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return null;
        this.failures = 0;
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
        this.parser.push(value);
      }
    } catch {
      // Cut off, or nobody there: the next try will tell.
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {number} ms
   * @param {AbortSignal} signal
   */
  async wait(ms, signal) {
    /** @type {PromiseWithResolvers<void>} */
    const { promise, resolve } = Promise.withResolvers();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
    this.wake = resolve;
    await promise;
    clearTimeout(timer);
    this.wake = undefined;
  }
}

/**
 * How long to wait before a new try: doubling, spread so that the readers of a pod that ended do not all come at once.
 *
 * @param {number} failures from 1
 * @param {number | null} retryMs what the server asked for
 * @param {number} chance from 0 to 1
 */
export function backOffMs(failures, retryMs, chance) {
  const base = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  const least = failures === 1 && retryMs !== null ? Math.min(retryMs, LONGEST_WAIT_MS) / 2 : base / 2;
  return Math.round(least + (base / 2) * chance);
}

/**
 * @param {Response} response
 * @returns {Promise<import('../http/problem.js').ProblemError | null>} null when a later try may fare better
 */
async function refusalOf(response) {
  const body = await response.json().catch(() => null);
  const isFinal = response.status >= 400 && response.status < 500 && response.status !== 429 && response.status !== 408;
  return isFinal ? problemOf(response, body) : null;
}
