import { NewestRead } from '../net/http-client.js';
import { Store } from '../ui/store.js';

/**
 * @template Value
 * @typedef {object} ReadState what a view knows of something that it reads from the API
 * @property {Value | null} value the latest that came; null before the first
 * @property {unknown} problem why the latest try failed; null when it did not. `value` is old then, and stays
 * @property {boolean} isLoading
 * @property {string | null} asOf as of when the data is, by the answer; null when no listing of Novita has completed
 * @property {number | null} readAtMs
 */

/** An event seldom comes alone; one reading serves for all that come within this time. */
const SETTLE_MS = 400;

/** While events come all the time, there is this much between two readings for them. */
const BETWEEN_MS = 5_000;

/**
 * Something that a view shows and that the fleet's own stores do not hold: read at once, after events that concern it, and
 * whenever all is read anew, until the view is left.
 *
 * @template Value
 */
export class LiveRead {
  /**
   * @param {Pick<import('./fleet.js').Fleet, 'http' | 'onEvent' | 'onRefresh'>} fleet
   * @param {string | (() => string)} path may be changed later with `readFrom`; a function where each reading has another
   * @param {AbortSignal} signal of the view
   * @param {(type: string, data: import('../net/event-stream.js').EventData) => boolean} [isConcerned] by an event; by none
   *   when left out
   */
  constructor(fleet, path, signal, isConcerned = () => false) {
    this.http = fleet.http;
    this.path = path;
    this.signal = signal;
    this.state = new Store(
      /** @type {ReadState<Value>} */ ({ value: null, problem: null, isLoading: true, asOf: null, readAtMs: null }),
    );
    this.newest = new NewestRead();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.readAtMs = Number.NEGATIVE_INFINITY;
    fleet.onEvent((type, data) => {
      if (isConcerned(type, data)) this.readSoon();
    }, signal);
    fleet.onRefresh(() => void this.read(), signal);
    signal.addEventListener('abort', () => clearTimeout(this.timer));
  }

  /**
   * Reads another address from now on, such as with another filter.
   *
   * @param {string | (() => string)} path
   */
  readFrom(path) {
    this.path = path;
    return this.read();
  }

  readSoon() {
    const waitMs = Math.max(SETTLE_MS, this.readAtMs + BETWEEN_MS - Date.now());
    this.timer ??= setTimeout(() => void this.read(), waitMs);
  }

  /** Reads it anew; a failure shows in the state, and it never throws. */
  async read() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.signal.aborted) return;
    this.readAtMs = Date.now();
    const { path } = this;
    const isNewest = this.newest.begin();
    this.state.update((state) => ({ ...state, isLoading: true }));
    try {
      const { body, headers } = await this.http.get(typeof path === 'string' ? path : path(), { signal: this.signal });
      if (!isNewest() || path !== this.path) return;
      const asOf = headers.get('x-data-as-of');
      this.state.set({ value: body, problem: null, isLoading: false, asOf, readAtMs: Date.now() });
    } catch (error) {
      if (this.signal.aborted || !isNewest() || path !== this.path) return;
      this.state.update((state) => ({ ...state, problem: error, isLoading: false }));
    }
  }
}
