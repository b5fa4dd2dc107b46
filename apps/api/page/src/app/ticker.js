import { callAll } from '../state/call-all.js';

const SECOND_MS = 1_000;

/** @typedef {(nowMs: number) => void} TickListener */

/**
 * One timer for all that the page tells in words that age. It rests while nobody sees the page or nothing listens, and
 * catches up at once when the page is seen again.
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
 * Calls the listener every second while the page is seen.
 *
 * @param {TickListener} listener
 * @returns {() => void} ends it
 */
export function onTick(listener) {
  ticker ??= new Ticker(document);
  return ticker.on(listener);
}
