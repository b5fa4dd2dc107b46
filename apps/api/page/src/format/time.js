const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

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
  return `${span(nowMs - Date.parse(at))} ago`;
}

/**
 * @param {string} at ISO 8601
 * @param {number} nowMs
 */
export function until(at, nowMs) {
  const ms = Date.parse(at) - nowMs;
  return ms <= 0 ? 'now' : `in ${span(ms)}`;
}

// Made once: making one costs more than hundreds of uses.
const CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** In the reader's own zone. @param {string} at ISO 8601 */
export function clockTime(at) {
  const atMs = Date.parse(at);
  return Number.isNaN(atMs) ? at : CLOCK.format(atMs);
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
