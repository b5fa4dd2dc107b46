import { fill, setText } from './h.js';

/**
 * Sets an attribute only where it differs, since each write makes the browser style the element anew.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value null takes it away
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/**
 * Shows a state in words, tone, and a hint for whoever points at it.
 *
 * @param {HTMLElement} element
 * @param {{readonly words: string, readonly tone: string, readonly hint?: string}} state
 */
export function setState(element, { words, tone, hint }) {
  setText(element, words);
  setAttribute(element, 'data-tone', tone);
  setAttribute(element, 'title', hint ?? null);
}

/**
 * @param {HTMLElement} element
 * @param {boolean} isHidden
 */
export function setHidden(element, isHidden) {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}

/** @type {WeakMap<Element, string>} */
const madeFrom = new WeakMap();

/**
 * Makes what an element holds anew only when that which it is made from differs. For lists that seldom change.
 *
 * @param {Element} element
 * @param {unknown} from what JSON can tell
 * @param {() => import('./h.js').Child} make
 */
export function refill(element, from, make) {
  const key = JSON.stringify(from);
  if (madeFrom.get(element) === key) return;
  madeFrom.set(element, key);
  fill(element, make());
}
