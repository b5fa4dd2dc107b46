import { LIMITS } from '../net/api-limits.js';
import { AUTO_STOP } from './words.js';

/**
 * @typedef {'30m' | '1h' | '4h' | 'today' | 'tomorrow' | 'other'} LeaseChoice
 * @typedef {{minutes: number} | {until: string}} LeaseSpan what the API takes
 */

const MORNING_HOUR = 9;

/** The morning is offered up to this long before it. */
const MORNING_FROM_MS = 60 * 60_000;
/** What a service takes by default (AUTO_STOP_MAX_LEASE); with another limit, “another time” leads further. */
const LONGEST_OFFER_MS = 24 * 3_600_000;

/**
 * @typedef {object} LeaseOffer one way to say how long
 * @property {LeaseChoice} choice
 * @property {number | null} minutes of a span, which begins when it is sent
 * @property {Date | null} at the instant that is offered, whenever it is sent
 */

/**
 * For how long an instance can be kept busy, in the reader's own time.
 *
 * @param {Date} now
 * @returns {readonly LeaseOffer[]}
 */
export function leaseChoices(now) {
  const today = dayAt(now, 0, MORNING_HOUR);
  const isNight = today.getTime() - now.getTime() >= MORNING_FROM_MS;
  const tomorrow = dayAt(now, 1, MORNING_HOUR);
  const isLasting = tomorrow.getTime() - now.getTime() <= LONGEST_OFFER_MS;
  return [
    { choice: '30m', minutes: 30, at: null },
    { choice: '1h', minutes: 60, at: null },
    { choice: '4h', minutes: 240, at: null },
    ...(isNight ? [{ choice: /** @type {const} */ ('today'), minutes: null, at: today }] : []),
    ...(isLasting ? [{ choice: /** @type {const} */ ('tomorrow'), minutes: null, at: tomorrow }] : []),
    { choice: 'other', minutes: null, at: null },
  ];
}

/**
 * An offer as it reads at a time: a form that stays open over midnight must not call the next day's morning "tomorrow".
 *
 * @param {LeaseOffer} offer
 * @param {Date} now
 * @returns {{text: string, endsAt: Date | null}}
 */
export function leaseMessage({ choice, minutes, at }, now) {
  if (minutes !== null) {
    const text = minutes < 60 ? AUTO_STOP.forMinutes(minutes) : AUTO_STOP.forHours(minutes / 60);
    return { text, endsAt: after(now, minutes) };
  }
  if (choice === 'other' || at === null) return { text: AUTO_STOP.untilAnother, endsAt: null };
  return { text: AUTO_STOP.until[dayOf(at, now)], endsAt: at };
}

/**
 * The span that is sent for an offer: exactly the one that was shown.
 *
 * @param {LeaseOffer} offer
 * @param {string} other of `other`: as an `input` of type `datetime-local` has it, such as `2026-03-01T18:00`
 * @param {Date} now
 * @returns {LeaseSpan | {violation: string}}
 */
export function leaseSpan({ minutes, at }, other, now) {
  if (minutes !== null) return { minutes };
  const until = at ?? new Date(other);
  if (Number.isNaN(until.getTime())) return { violation: AUTO_STOP.giveTime };
  return until <= now ? { violation: AUTO_STOP.giveFuture } : { until: until.toISOString() };
}

/**
 * The violation of a lease's reason; empty for none.
 *
 * @param {string} reason
 */
export function reasonViolation(reason) {
  if (reason.trim() === '') return AUTO_STOP.giveReason;
  const { maxLength } = LIMITS.lease.reason;
  const { length } = reason.trim();
  return length > maxLength ? AUTO_STOP.reasonTooLong(maxLength, length) : '';
}

/**
 * An hour of the clock on the wall, so many days from now: a day may have 23 or 25 hours.
 *
 * @param {Date} now
 * @param {number} days
 * @param {number} hour
 */
function dayAt(now, days, hour) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
}

/**
 * @param {Date} at
 * @param {Date} now
 * @returns {keyof typeof AUTO_STOP.until}
 */
function dayOf(at, now) {
  if (at.toDateString() === now.toDateString()) return 'today';
  return at.toDateString() === dayAt(now, 1, 0).toDateString() ? 'tomorrow' : 'other';
}

/**
 * @param {Date} now
 * @param {number} minutes
 */
function after(now, minutes) {
  return new Date(now.getTime() + minutes * 60_000);
}
