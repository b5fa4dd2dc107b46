import { clockTime } from './time.js';

const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/**
 * A sentence of the API, whose times are in UTC, with these in the reader's own zone and manner.
 *
 * @param {string} text
 */
export function withLocalTimes(text) {
  return text.replace(MOMENT, (at) => (Number.isNaN(Date.parse(at)) ? at : clockTime(at)));
}
