import { addressOf } from './address.js';
import { problemOf } from './problem.js';

/**
 * @typedef {{kind: 'connecting'} | {kind: 'live'} | {kind: 'waiting', untilMs: number} | {kind: 'paused'} | {kind: 'rejected', problem: import('./problem.js').ProblemError}} StreamState
 *
 * @typedef {Partial<Pick<import('./api-types.js').InstanceEvent, 'instanceId' | 'revision' | 'instance'>
 *   & Pick<import('./api-types.js').ListEvent, 'instances'> & Pick<import('./api-types.js').DegradedEvent, 'since'>>} EventData
 *   as far as the page uses it; which members there are depends on the type of the event
 *
 * @typedef {object} EventStreamOptions
 * @property {string} path
 * @property {string} key
 * @property {(type: string, data: EventData) => void} onEvent
 * @property {(state: StreamState) => void} onState
 * @property {() => void} onMistake an event could not be applied: what it says is lost to this page
 */

/**
 * @typedef {object} Ending how a try ended
 * @property {import('./problem.js').ProblemError | null} rejection null when the connection was lost, or not to be had
 * @property {number} askedMs how long the server asked to wait; 0 when it did not
 */

/** @type {Ending} */
const LOST = { rejection: null, askedMs: 0 };
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** After a rejection: the same request may be allowed later, such as by a limit that is raised or a proxy that is mended. */
const REJECTED_WAIT_MS = 30_000;
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
    /** Tries since the last one that brought data. */
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
  retryNow() {
    this.wake?.();
  }

  /** @param {AbortSignal} signal */
  async run(signal) {
    let isRejected = false;
    while (!signal.aborted) {
      // While a rejection stands, the page keeps showing it.
      if (!isRejected) this.say({ kind: 'connecting' });
      const { rejection, askedMs } = await this.follow(signal);
      if (signal.aborted) return;
      isRejected = rejection !== null;
      if (rejection !== null) {
        this.say({ kind: 'rejected', problem: rejection });
        // The key is not known any more: no further try with it helps.
        if (rejection.status === 401) return;
        // The place to go on from may be the reason; a stream without one begins with a reading of all.
        this.parser.lastEventId = '';
      }
      this.failures += 1;
      const ownMs = backOffMs(this.failures, this.parser.retryMs, Math.random());
      const waitMs = Math.max(askedMs, isRejected ? REJECTED_WAIT_MS : ownMs);
      if (!isRejected) this.say({ kind: 'waiting', untilMs: Date.now() + waitMs });
      await this.wait(waitMs, signal);
    }
  }

  /** @param {StreamState} state */
  say(state) {
    guarded(() => this.options.onState(state));
  }

  /**
   * A mistake in here does not concern the connection, which goes on.
   *
   * @param {StreamEvent} event
   */
  deliver({ event, data }) {
    let isApplied = false;
    guarded(() => {
      this.options.onEvent(event, JSON.parse(data));
      isApplied = true;
    });
    if (!isApplied) guarded(() => this.options.onMistake());
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
      // The connection was cut off, or nobody is there: the next try will show which.
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
  const isRejection = status >= 400 && status < 500 && status !== 429 && status !== 408;
  return {
    rejection: isRejection ? problemOf(response, body) : null,
    askedMs: Math.min(LONGEST_ASKED_WAIT_MS, secondsIn(response.headers.get('retry-after')) * 1_000),
  };
}

/**
 * An exception of a listener is a mistake of this page: the console and `window.onerror` get it, and it does not cut off
 * the connection.
 *
 * @param {() => void} work
 */
function guarded(work) {
  try {
    work();
  } catch (error) {
    reportError(error);
  }
}

/** @param {string | null} text */
function secondsIn(text) {
  return text !== null && /^\d+$/.test(text) ? Number(text) : 0;
}

/**
 * @typedef {object} StreamEvent
 * @property {string} event
 * @property {string} data
 */

/**
 * Reads a stream of server-sent events piece by piece:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseParser {
  /** @param {(event: StreamEvent) => void} onEvent */
  constructor(onEvent) {
    this.onEvent = onEvent;
    /** Of the latest event; kept over the life of the parser, as a reader resumes with it. */
    this.lastEventId = '';
    /** Milliseconds; null until the stream has said how long to wait before a new try. @type {number | null} */
    this.retryMs = null;
    this.rest = '';
    this.event = '';
    /** @type {string[]} */
    this.data = [];
    /** @type {string | null} */
    this.id = null;
  }

  /** To be called when a new stream begins: a half event of the one before must not be continued. */
  begin() {
    this.rest = '';
    this.reset();
  }

  /** @param {string} text */
  push(text) {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  /** @param {string} line */
  line(line) {
    if (line === '') {
      this.dispatch();
      return;
    }
    if (line.startsWith(':')) return;
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  dispatch() {
    if (this.id !== null) this.lastEventId = this.id;
    const { event, data } = this;
    this.reset();
    if (data.length > 0) this.onEvent({ event: event || 'message', data: data.join('\n') });
  }

  reset() {
    this.event = '';
    this.data = [];
    this.id = null;
  }
}
