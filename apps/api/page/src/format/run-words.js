import { clockTime, span } from './time.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 *
 * @typedef {object} RunWords
 * @property {string} words
 * @property {boolean} isUp whether they tell for how long it has been up
 * @property {string} hint the time in full; empty when there is none
 */

const UP = new Set(['running', 'health_checking', 'ready', 'restarting', 'migrating']);
const COMING = new Set(['creating', 'created', 'starting']);

/**
 * For how long an instance has been up, coming or down.
 *
 * @param {Instance} instance
 * @param {number} nowMs
 * @returns {RunWords}
 */
export function runWords(instance, nowMs) {
  const { status, startedAt, stoppedAt, terminatedAt, desiredAt } = instance;
  if (UP.has(status)) return since(startedAt, nowMs, '', 'Since', true);
  if (COMING.has(status)) return since(desiredAt, nowMs, 'begun ', 'Asked for at', false, ' ago');
  if (status === 'stopped') return since(stoppedAt, nowMs, 'down ', 'Stopped at', false);
  if (status === 'terminated') return since(terminatedAt, nowMs, 'gone ', 'Gone since', false);
  return since(undefined, nowMs, '', '', false);
}

/**
 * How long ago, in one unit: days do not care for hours.
 *
 * @param {string} at ISO 8601
 * @param {number} nowMs
 */
export function roughlyAgo(at, nowMs) {
  return `${roughly(at, nowMs)} ago`;
}

/**
 * @param {string} at
 * @param {number} nowMs
 */
function roughly(at, nowMs) {
  return span(nowMs - Date.parse(at))
    .split(' ')
    .slice(0, 2)
    .join(' ');
}

/**
 * @param {string | undefined} at
 * @param {number} nowMs
 * @param {string} before
 * @param {string} hint
 * @param {boolean} isUp
 * @param {string} [after]
 * @returns {RunWords}
 */
function since(at, nowMs, before, hint, isUp, after = '') {
  if (at === undefined) return { words: '', isUp: false, hint: '' };
  const words = isUp ? span(nowMs - Date.parse(at)) : roughly(at, nowMs);
  return { words: `${before}${words}${after}`, isUp, hint: `${hint} ${clockTime(at)}` };
}
