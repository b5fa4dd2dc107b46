/**
 * Values that views watch, and how often a change makes them draw.
 */

/**
 * A value that views watch. Changes are emitted together, at most once per frame: a burst of events costs one redraw.
 *
 * @template State
 */
export class Store {
  /**
   * @param {State} initial
   * @param {(emit: () => void) => void} [schedule]
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
   * @param {AbortSignal} [signal] ends it
   */
  watch(listener, signal) {
    if (signal?.aborted === true) return;
    this.listeners.add(listener);
    signal?.addEventListener('abort', () => this.listeners.delete(listener), { once: true });
    listener(this.value);
  }
}

const HIDDEN_PAGE_MS = 250;

/**
 * With the next frame; a page that nobody sees draws none, so there it is after a while.
 *
 * @param {() => void} emit
 */
function nextFrame(emit) {
  if (document.visibilityState === 'visible') requestAnimationFrame(emit);
  else setTimeout(emit, HIDDEN_PAGE_MS);
}

/**
 * Calls the listener now and after each change of any of the stores.
 *
 * @param {readonly Store<any>[]} stores
 * @param {() => void} listener
 * @param {AbortSignal} [signal] ends it
 */
export function watchAll(stores, listener, signal) {
  let isReady = false;
  for (const store of stores) {
    store.watch(() => {
      if (isReady) listener();
    }, signal);
  }
  isReady = true;
  listener();
}

/**
 * As `watchAll`, for listeners that need little of what changes often: called only when one of the parts is another one.
 *
 * @template {unknown[]} Parts
 * @param {readonly Store<any>[]} stores
 * @param {() => [...Parts]} parts of what the stores hold
 * @param {(...parts: NoInfer<Parts>) => void} listener
 * @param {AbortSignal} [signal] ends it
 */
export function watchParts(stores, parts, listener, signal) {
  /** @type {[...Parts] | null} */
  let before = null;
  watchAll(
    stores,
    () => {
      const now = parts();
      if (before?.every((part, place) => Object.is(part, now[place]))) return;
      before = now;
      listener(...now);
    },
    signal,
  );
}

/**
 * A schedule for a store that may change in bursts: the first change is emitted with the next frame, further ones together
 * after a while. Nobody reads faster, and each redraw of a table makes the browser lay it out anew.
 *
 * @param {number} leastMs between two redraws
 * @param {(emit: () => void) => void} [frame]
 * @returns {(emit: () => void) => void} as of `Store`
 */
export function paced(leastMs, frame = nextFrame) {
  let emittedAtMs = Number.NEGATIVE_INFINITY;
  return (emit) => {
    const inFrame = () =>
      frame(() => {
        emittedAtMs = performance.now();
        emit();
      });
    const waitMs = emittedAtMs + leastMs - performance.now();
    if (waitMs > 0) setTimeout(inFrame, waitMs);
    else inFrame();
  };
}

/**
 * Calls every listener. An error in one is a mistake of this page: the console and `window.onerror` get it, and neither
 * the other listeners nor the caller is cut off by it.
 *
 * @template {readonly unknown[]} Args
 * @param {Iterable<(...args: Args) => void>} listeners
 * @param {Args} args
 */
export function callAll(listeners, ...args) {
  for (const listener of listeners) {
    try {
      listener(...args);
    } catch (error) {
      reportError(error);
    }
  }
}
