/**
 * Values as the page writes them: spans and times, counts, dollars, names of actors. All texts are in English; times of day are in the
 * reader's own zone and manner.
 */

import { VALUES } from './words.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const HOURS_PER_DAY = 24;

// Made once, as making one costs more than hundreds of uses; and when first used, as the first of dates takes longer than
// all else that a view does before it asks for its rows.
const CLOCK = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }));
const TIME = once(() => new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }));
const SHORT_TIME = once(() => new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }));
const DATE_AND_TIME = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }));
const DAY_OF_UTC = once(() => new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' }));

/** From here on cents are noise in a figure that is read at a glance. */
const CENTS_MATTER_BELOW = 1_000;

/** A time as the API writes it within its sentences. */
const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/**
 * @template Made
 * @param {() => Made} make
 * @returns {() => Made}
 */
export function once(make) {
  /** @type {Made | undefined} */
  let made;
  return () => (made ??= make());
}

/** Makes the first of dates, while nothing else is to be done. */
export function prepareDates() {
  CLOCK();
}

/**
 * A span in at most two units, such as `3 h 12 min`.
 *
 * @param {number} ms negative counts as none
 */
export function span(ms) {
  const rest = Math.max(0, ms);
  if (rest < MINUTE) return `${Math.floor(rest / SECOND)} s`;
  if (rest < HOUR) return `${Math.floor(rest / MINUTE)} min`;
  if (rest < DAY) return two(rest, HOUR, 'h', MINUTE, 'min');
  return two(rest, DAY, 'd', HOUR, 'h');
}

/**
 * @param {string} at ISO 8601
 * @param {number} nowMs
 */
export function ago(at, nowMs) {
  return VALUES.ago(span(nowMs - Date.parse(at)));
}

/**
 * @param {string} at ISO 8601
 * @param {number} nowMs
 */
export function until(at, nowMs) {
  const ms = Date.parse(at) - nowMs;
  return ms <= 0 ? VALUES.now : VALUES.in(span(ms));
}

/** In the reader's own zone. @param {string} at ISO 8601 */
export function clockTime(at) {
  const atMs = Date.parse(at);
  return Number.isNaN(atMs) ? at : CLOCK().format(atMs);
}

/**
 * @param {number} ms
 * @param {number} large
 * @param {string} largeName
 * @param {number} small
 * @param {string} smallName
 */
function two(ms, large, largeName, small, smallName) {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`;
}

/**
 * How long something took, as fine as it matters: `79 ms`, `5.2 s`, `3 min`.
 *
 * @param {number} ms
 */
export function formatDuration(ms) {
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
  return (isNear ? TIME : DATE_AND_TIME)().format(atMs);
}

/**
 * Hours and minutes, for axes.
 *
 * @param {number} atMs
 */
export function hourAndMinute(atMs) {
  return SHORT_TIME().format(atMs);
}

/** A day of UTC in the reader's manner, such as `Nov 3`. @param {string} day such as `2026-11-03` */
export function dayLabel(day) {
  return DAY_OF_UTC().format(Date.parse(day));
}

/** A call to Novita as the API names it in its sentences. */
const CALL = /\b(?:GET|POST|PUT|PATCH|DELETE) \/\S+/g;

/**
 * A sentence of the API without the routes of calls to Novita, which say nothing to a person.
 *
 * @param {string} text
 */
export function withoutRoutes(text) {
  return text.replace(CALL, VALUES.call);
}

/**
 * A sentence of the API, whose times are in UTC, as a person reads it: times in the reader's own zone and manner, and no
 * routes.
 *
 * @param {string} text
 */
export function apiText(text) {
  return withoutRoutes(text).replace(MOMENT, (at) => (Number.isNaN(Date.parse(at)) ? at : clockTime(at)));
}

/**
 * A decimal as the browser's own format for en-US writes it, which takes longer to begin with than a first view to be drawn.
 *
 * @param {number} value
 * @param {number} least digits after the point
 * @param {number} most digits after the point, to which it is rounded, halves up
 * @param {string} [unit] before the digits
 */
function decimal(value, least, most, unit = '') {
  // Moving the point within the text rounds what is written, 1.005, and not what a double holds of it.
  const [digits = '', power = '0'] = String(Math.abs(value)).split('e');
  const rounded = Number(`${Math.round(Number(`${digits}e${Number(power) + most}`))}e-${most}`);
  const [whole = '', rest = ''] = rounded.toFixed(most).split('.');
  const kept = rest.slice(0, least) + rest.slice(least).replace(/0+$/, '');
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return `${sign}${unit}${whole.replace(/\B(?=(?:\d{3})+$)/g, ',')}${kept === '' ? '' : `.${kept}`}`;
}

/** A number of things, such as `10,000`. @param {number} number */
export function formatCount(number) {
  return decimal(number, 0, 3);
}

/**
 * `1 instance`, `3 instances`.
 *
 * @param {number} count
 * @param {string} [one]
 * @param {string} [many]
 */
export function counted(count, one = VALUES.instance, many = `${one}s`) {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** For a glance. @param {number} amount USD */
export function roughUsd(amount) {
  return Math.abs(amount) < CENTS_MATTER_BELOW ? usd(amount) : decimal(amount, 0, 0, '$');
}

/** @param {number} amount USD */
export function usd(amount) {
  return decimal(amount, 2, 2, '$');
}

/** Prices per hour are often a fraction of a cent apart. @param {number | undefined} perHour USD */
export function usdPerHour(perHour) {
  return perHour === undefined ? VALUES.priceUnknown : `${decimal(perHour, 2, 3, '$')}/h`;
}

/**
 * Dollars per hour of all together, and of how many nobody knows the price.
 *
 * @param {readonly {readonly pricePerHour?: number}[]} items
 */
export function sumPerHour(items) {
  let usd = 0;
  let unpriced = 0;
  for (const { pricePerHour } of items) {
    if (pricePerHour === undefined) unpriced += 1;
    else usd += pricePerHour;
  }
  return { usd, unpriced };
}

/**
 * `$4.44/h, which is $106.56 a day`, and of how many nobody knows the price.
 *
 * @param {{readonly usd: number, readonly unpriced: number}} sum
 */
export function totalMessage({ usd: perHour, unpriced }) {
  const known = VALUES.total(usdPerHour(perHour), usd(perHour * HOURS_PER_DAY));
  if (unpriced === 0) return known;
  const unknown = counted(unpriced, VALUES.unpricedOne, VALUES.unpricedMany);
  return perHour === 0 ? unknown : `${known} (${unknown})`;
}

/**
 * The name of an actor: `user:ci` is the key `ci`, and a part of the service has a name of its own.
 *
 * @param {string} by
 */
export function actorName(by) {
  const [first = '', ...rest] = by.split(':');
  const detail = rest.join(':');
  if (first === 'user') return detail === '' ? VALUES.someKey : VALUES.key(detail);
  const part = VALUES.parts[first] ?? first.charAt(0).toUpperCase() + first.slice(1);
  return detail === '' ? part : `${part} (${detail})`;
}

/**
 * Whether a text that somebody else chose may become a link: any other scheme could run a program.
 *
 * @param {string} text
 */
export function isWebAddress(text) {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
}
