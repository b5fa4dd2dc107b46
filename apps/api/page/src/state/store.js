import { callAll } from './call-all.js';

/**
 * A value that views watch. Changes are told together, at most once per frame: a burst of events costs one redraw.
 *
 * @template State
 */
export class Store {
  /**
   * @param {State} initial
   * @param {(tell: () => void) => void} [schedule]
   */
  constructor(initial, schedule = nextFrame) {
    this.value = initial;
    this.schedule = schedule;
    /** @type {Set<(value: State) => void>} */
    this.listeners = new Set();
    this.isScheduled = false;
  }

  /** @returns {State} */
  get() {
    return this.value;
  }

  /** @param {State} next */
  set(next) {
    if (Object.is(next, this.value)) return;
    this.value = next;
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.schedule(() => {
      this.isScheduled = false;
      callAll(this.listeners, this.value);
    });
  }

  /** @param {(value: State) => State} change */
  update(change) {
    this.set(change(this.value));
  }

  /**
   * Calls the listener now and after every change.
   *
   * @param {(value: State) => void} listener
   * @returns {() => void} ends it
   */
  watch(listener) {
    this.listeners.add(listener);
    listener(this.value);
    return () => this.listeners.delete(listener);
  }
}

const HIDDEN_PAGE_MS = 250;

/**
 * With the next frame; a page that nobody sees draws none, so there it is after a while.
 *
 * @param {() => void} tell
 */
export function nextFrame(tell) {
  if (document.visibilityState === 'visible') requestAnimationFrame(tell);
  else setTimeout(tell, HIDDEN_PAGE_MS);
}
