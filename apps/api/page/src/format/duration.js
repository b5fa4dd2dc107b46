import { span } from './time.js';

// Made once: each costs more than hundreds of uses.
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const SHORT_TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const DATE_AND_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

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
  const isNear = Math.abs(nowMs - atMs) < 24 * 3_600_000;
  return (isNear ? TIME : DATE_AND_TIME).format(atMs);
}

/**
 * Hours and minutes, for axes.
 *
 * @param {number} atMs
 */
export function hourAndMinute(atMs) {
  return SHORT_TIME.format(atMs);
}
