const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TIME_STEPS = [
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
];

/**
 * @param {readonly [number, number]} domain
 * @param {readonly [number, number]} range
 * @returns {(value: number) => number} the middle of the range for a domain without extent
 */
export function linear([from, to], [low, high]) {
  const extent = to - from;
  return (value) => (extent === 0 ? (low + high) / 2 : low + ((value - from) / extent) * (high - low));
}

/**
 * Round values from 0 up to the first that is not below the greatest.
 *
 * @param {number} greatest
 * @param {{readonly most: number, readonly isWhole?: boolean}} options `most`: labels, at least 2
 * @returns {readonly number[]} at least 0 and one more
 */
export function valueTicks(greatest, { most, isWhole = false }) {
  const top = greatest > 0 ? greatest : 1;
  const step = Math.max(roundStep(top / (most - 1)), isWhole ? 1 : 0);
  const count = Math.max(1, Math.ceil(top / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/**
 * Full hours, halves or the like of the reader's zone.
 *
 * @param {readonly [number, number]} domain epoch milliseconds
 * @param {number} most labels, at least 1
 * @param {number} [zoneMs] what to add to UTC for the reader's own time
 * @returns {readonly number[]}
 */
export function timeTicks([from, to], most, zoneMs = -new Date(to).getTimezoneOffset() * MINUTE) {
  const step = TIME_STEPS.find((candidate) => (to - from) / candidate <= most) ?? Math.ceil((to - from) / most);
  const ticks = [];
  for (let at = Math.ceil((from + zoneMs) / step) * step - zoneMs; at <= to; at += step) ticks.push(at);
  return ticks.slice(-most);
}

/**
 * 1, 2 or 5 times a power of ten, not below the given one.
 *
 * @param {number} least
 */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  const digit = [1, 2, 5, 10].find((candidate) => candidate * power >= least * (1 - 1e-9)) ?? 10;
  return digit * power;
}
