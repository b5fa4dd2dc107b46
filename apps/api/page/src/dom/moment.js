import { ago, clockTime, until } from '../format/time.js';
import { h, setText } from './h.js';

/** @typedef {'ago' | 'until'} Manner */

/**
 * A time in words that age, with the full local time for whoever points at it. `tickMoments` keeps it true.
 *
 * @param {string} at ISO 8601
 * @param {Manner} [manner]
 */
export function moment(at, manner = 'ago') {
  return h('time', { datetime: at, title: clockTime(at), data: { manner } }, words(at, manner, Date.now()));
}

/**
 * @param {Element} root
 * @param {number} nowMs
 */
export function tickMoments(root, nowMs) {
  for (const element of root.querySelectorAll('time[data-manner]')) {
    const { dateTime, dataset } = /** @type {HTMLTimeElement} */ (element);
    setText(element, words(dateTime, dataset.manner === 'until' ? 'until' : 'ago', nowMs));
  }
}

/**
 * @param {string} at
 * @param {Manner} manner
 * @param {number} nowMs
 */
function words(at, manner, nowMs) {
  return manner === 'ago' ? ago(at, nowMs) : until(at, nowMs);
}
