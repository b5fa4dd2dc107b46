import { span } from './time.js';

/**
 * How long something took, as fine as it matters: `79 ms`, `5.2 s`, `3 min`.
 *
 * @param {number} ms
 */
export function durationWords(ms) {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  return span(ms);
}

/**
 * The time of day in the reader's zone and manner; with the date when it was not within a day.
 *
 * @param {number} atMs
 * @param {number} nowMs
 */
export function timeOfDay(atMs, nowMs) {
  const at = new Date(atMs);
  const isNear = Math.abs(nowMs - atMs) < 24 * 3_600_000;
  return isNear
    ? at.toLocaleTimeString(undefined, { timeStyle: 'medium' })
    : at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/**
 * Hours and minutes, for axes.
 *
 * @param {number} atMs
 */
export function hourAndMinute(atMs) {
  return new Date(atMs).toLocaleTimeString(undefined, { timeStyle: 'short' });
}
