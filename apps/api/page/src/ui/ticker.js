import { h, setText } from './dom.js';
import { ago, clockTime, until } from './format.js';
import { callAll } from './store.js';

const SECOND_MS = 1_000;

/** @typedef {(nowMs: number) => void} TickListener */

/**
 * One timer for all texts that age, such as `3 min ago`. It rests while the page is hidden or nothing listens, and catches
 * up at once when the page is visible again.
 */
export class Ticker {
  /** @param {Document} page */
  constructor(page) {
    this.page = page;
    /** @type {Set<TickListener>} */
    this.listeners = new Set();
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    page.addEventListener('visibilitychange', () => this.onVisibility());
  }

  /**
   * @param {TickListener} listener called every second, not at once
   * @returns {() => void} ends it
   */
  on(listener) {
    this.listeners.add(listener);
    this.run();
    return () => {
      this.listeners.delete(listener);
      this.run();
    };
  }

  onVisibility() {
    if (this.page.visibilityState === 'visible') this.tick();
    this.run();
  }

  run() {
    const isWanted = this.listeners.size > 0 && this.page.visibilityState === 'visible';
    if (isWanted) {
      this.timer ??= setInterval(() => this.tick(), SECOND_MS);
    } else {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  tick() {
    const nowMs = Date.now();
    callAll(this.listeners, nowMs);
  }
}

/** @type {Ticker | undefined} */
let ticker;

/**
 * Calls the listener every second while the page is visible.
 *
 * @param {TickListener} listener
 * @param {AbortSignal} [signal] ends it
 */
export function onTick(listener, signal) {
  if (signal?.aborted === true) return;
  ticker ??= new Ticker(document);
  const end = ticker.on(listener);
  signal?.addEventListener('abort', end, { once: true });
}

/** @typedef {'ago' | 'until'} Manner */

/**
 * A time as a text that ages, with the full local time for a pointer. `tickMoments` keeps it true.
 *
 * @param {string} at ISO 8601
 * @param {Manner} [manner]
 */
export function moment(at, manner = 'ago') {
  return h('time', { datetime: at, title: clockTime(at), data: { manner } }, text(at, manner, Date.now()));
}

/**
 * @param {Element} root
 * @param {number} nowMs
 */
export function tickMoments(root, nowMs) {
  for (const element of root.querySelectorAll('time[data-manner]')) {
    const { dateTime, dataset } = /** @type {HTMLTimeElement} */ (element);
    setText(element, text(dateTime, dataset.manner === 'until' ? 'until' : 'ago', nowMs));
  }
}

/**
 * @param {string} at
 * @param {Manner} manner
 * @param {number} nowMs
 */
function text(at, manner, nowMs) {
  return manner === 'ago' ? ago(at, nowMs) : until(at, nowMs);
}
