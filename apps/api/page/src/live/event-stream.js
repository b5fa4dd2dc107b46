import { addressOf } from '../http/http-client.js';
import { problemOf } from '../http/problem.js';
import { guarded } from '../state/call-all.js';
import { SseParser } from './sse-parser.js';

/**
 * @typedef {{kind: 'connecting'} | {kind: 'live'} | {kind: 'waiting', untilMs: number} | {kind: 'paused'} | {kind: 'refused', problem: import('../http/problem.js').ProblemError}} StreamState
 *
 * @typedef {object} EventStreamOptions
 * @property {string} path
 * @property {string} key
 * @property {(type: string, data: import('../http/api-types.js').EventData) => void} onEvent
 * @property {(state: StreamState) => void} onState
 * @property {() => void} onMistake an event could not be taken in: what it told is lost to this page
 */

/**
 * @typedef {object} Ending how a try ended
 * @property {import('../http/problem.js').ProblemError | null} refusal null when the connection was lost, or not to be had
 * @property {number} askedMs how long the server asked to wait; 0 when it did not
 */

/** @type {Ending} */
const LOST = { refusal: null, askedMs: 0 };

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** After a refusal: what was refused may be allowed again, such as by a limit that is raised or a proxy that is mended. */
const REFUSED_WAIT_MS = 30_000;
const LONGEST_ASKED_WAIT_MS = 120_000;
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
    this.parser = new SseParser((event) => this.deliver(event));
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
    this.say({ kind: 'paused' });
  }

  /** Tries at once instead of at the end of the wait. */
  hurry() {
    this.wake?.();
  }

  /** @param {AbortSignal} signal */
  async run(signal) {
    let isRefused = false;
    while (!signal.aborted) {
      // While a refusal stands, it is what there is to say.
      if (!isRefused) this.say({ kind: 'connecting' });
      const { refusal, askedMs } = await this.follow(signal);
      if (signal.aborted) return;
      isRefused = refusal !== null;
      if (refusal !== null) {
        this.say({ kind: 'refused', problem: refusal });
        // The key is not known any more, which no further try with it changes.
        if (refusal.status === 401) return;
        // It may be the place to go on from that is refused; a stream from now on begins with a reading of all.
        this.parser.lastEventId = '';
      }
      this.failures += 1;
      const ownMs = backOffMs(this.failures, this.parser.retryMs, Math.random());
      const waitMs = Math.max(askedMs, isRefused ? REFUSED_WAIT_MS : ownMs);
      if (!isRefused) this.say({ kind: 'waiting', untilMs: Date.now() + waitMs });
      await this.wait(waitMs, signal);
    }
  }

  /** @param {StreamState} state */
  say(state) {
    guarded(() => this.options.onState(state));
  }

  /**
   * What goes wrong in here is no matter of the connection, which goes on.
   *
   * @param {import('./sse-parser.js').StreamEvent} event
   */
  deliver({ event, data }) {
    let isTaken = false;
    guarded(() => {
      this.options.onEvent(event, JSON.parse(data));
      isTaken = true;
    });
    if (!isTaken) guarded(() => this.options.onMistake());
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<Ending>}
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
      if (!response.ok || response.body === null) return await endingOf(response);
      this.parser.begin();
      this.say({ kind: 'live' });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return LOST;
        this.failures = 0;
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
        this.parser.push(value);
      }
    } catch {
      // Cut off, or nobody there: the next try will tell.
      return LOST;
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
 * @returns {Promise<Ending>}
 */
async function endingOf(response) {
  const body = await response.json().catch(() => null);
  const { status } = response;
  const isRefusal = status >= 400 && status < 500 && status !== 429 && status !== 408;
  return {
    refusal: isRefusal ? problemOf(response, body) : null,
    askedMs: Math.min(LONGEST_ASKED_WAIT_MS, secondsIn(response.headers.get('retry-after')) * 1_000),
  };
}

/** @param {string | null} text */
function secondsIn(text) {
  return text !== null && /^\d+$/.test(text) ? Number(text) : 0;
}
