/**
 * @typedef {'30m' | '1h' | '4h' | 'today' | 'tomorrow' | 'other'} LeaseChoice
 * @typedef {{minutes: number} | {until: string}} LeaseSpan what the API takes
 */

const MORNING_HOUR = 9;
/** So long before the morning it is worth offering. */
const MORNING_FROM_MS = 60 * 60_000;

/**
 * For how long an instance can be kept busy, in the reader's own time.
 *
 * @param {Date} now
 * @returns {readonly {readonly choice: LeaseChoice, readonly words: string, readonly endsAt: Date | null}[]}
 */
export function leaseChoices(now) {
  const today = dayAt(now, 0, MORNING_HOUR);
  const isNight = today.getTime() - now.getTime() >= MORNING_FROM_MS;
  return [
    { choice: '30m', words: 'For 30 minutes', endsAt: after(now, 30) },
    { choice: '1h', words: 'For 1 hour', endsAt: after(now, 60) },
    { choice: '4h', words: 'For 4 hours', endsAt: after(now, 240) },
    ...(isNight ? [{ choice: /** @type {const} */ ('today'), words: 'Until 09:00 today', endsAt: today }] : []),
    { choice: 'tomorrow', words: 'Until 09:00 tomorrow', endsAt: dayAt(now, 1, MORNING_HOUR) },
    { choice: 'other', words: 'Until another time', endsAt: null },
  ];
}

/**
 * @param {LeaseChoice} choice
 * @param {string} other of `other`: as an `input` of type `datetime-local` has it, such as `2026-03-01T18:00`
 * @param {Date} now
 * @returns {LeaseSpan | {fault: string}}
 */
export function leaseSpan(choice, other, now) {
  switch (choice) {
    case '30m':
      return { minutes: 30 };
    case '1h':
      return { minutes: 60 };
    case '4h':
      return { minutes: 240 };
    case 'today':
      return { until: dayAt(now, 0, MORNING_HOUR).toISOString() };
    case 'tomorrow':
      return { until: dayAt(now, 1, MORNING_HOUR).toISOString() };
    case 'other': {
      const until = new Date(other);
      if (Number.isNaN(until.getTime())) return { fault: 'Give a day and a time.' };
      return until <= now ? { fault: 'Give a time that is still to come.' } : { until: until.toISOString() };
    }
  }
}

/**
 * What is wrong with the reason of a lease; empty for nothing.
 *
 * @param {string} reason
 */
export function reasonFault(reason) {
  if (reason.trim() === '') return 'Say what it is busy with: it tells others why the instance is kept.';
  return reason.length > 200 ? 'Keep it to 200 characters.' : '';
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
 * @param {Date} now
 * @param {number} minutes
 */
function after(now, minutes) {
  return new Date(now.getTime() + minutes * 60_000);
}
