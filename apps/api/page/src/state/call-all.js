/**
 * Does a piece of work of a listener. What it throws is a mistake of this page: the console and `window.onerror` get it,
 * and neither the other listeners nor whoever told them, such as the connection of the events, is cut off by it.
 *
 * @param {() => void} work
 */
export function guarded(work) {
  try {
    work();
  } catch (error) {
    reportError(error);
  }
}

/**
 * Tells every listener.
 *
 * @template {readonly unknown[]} Args
 * @param {Iterable<(...args: Args) => void>} listeners
 * @param {Args} args
 */
export function callAll(listeners, ...args) {
  for (const listener of listeners) guarded(() => listener(...args));
}
