/**
 * @typedef {object} Sample
 * @property {number} atMs
 * @property {number} value which holds until the next sample
 *
 * @typedef {object} Stretch samples without a gap
 * @property {readonly Sample[]} samples at least one
 * @property {number} endMs until when the last one holds
 */

/** So many times the usual distance without a sample is a gap: one that came late is not. */
const GAP = 2.5;

/**
 * The usual distance between samples.
 *
 * @param {readonly Sample[]} samples oldest first
 * @returns {number} milliseconds; 0 for fewer than two
 */
export function usualDistance(samples) {
  const distances = samples.slice(1).map(({ atMs }, index) => atMs - /** @type {Sample} */ (samples[index]).atMs);
  return distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
}

/**
 * Cuts a series where no samples were. The last value before a gap holds for one usual distance and no longer.
 *
 * @param {readonly Sample[]} samples oldest first
 * @param {number} nowMs nothing holds beyond it
 * @returns {readonly Stretch[]}
 */
export function stretches(samples, nowMs) {
  const usual = usualDistance(samples);
  /** @type {Sample[][]} */
  const groups = [];
  for (const sample of samples) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    if (group !== undefined && before !== undefined && sample.atMs - before.atMs <= GAP * usual) group.push(sample);
    else groups.push([sample]);
  }
  return groups.map((group) => {
    const last = /** @type {Sample} */ (group.at(-1));
    return { samples: group, endMs: Math.max(last.atMs, Math.min(last.atMs + usual, nowMs)) };
  });
}

/**
 * The steps of a stretch as the path of a line, and of the ground below it.
 *
 * @param {Stretch} stretch
 * @param {{readonly x: (atMs: number) => number, readonly y: (value: number) => number, readonly ground: number}} place
 * @returns {{readonly line: string, readonly area: string}}
 */
export function stepPaths({ samples, endMs }, { x, y, ground }) {
  const first = /** @type {Sample} */ (samples[0]);
  const start = `M${short(x(first.atMs))} ${short(y(first.value))}`;
  const steps = samples.slice(1).map(({ atMs, value }) => `H${short(x(atMs))}V${short(y(value))}`);
  const line = `${start}${steps.join('')}H${short(x(endMs))}`;
  return { line, area: `${line}V${short(ground)}H${short(x(first.atMs))}Z` };
}

/**
 * The one of several places that is nearest.
 *
 * @param {readonly number[]} places ascending
 * @param {number} wanted
 * @returns {number} its index; -1 when there is none
 */
export function nearestIndex(places, wanted) {
  let low = 0;
  let high = places.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const left = /** @type {number} */ (places[middle]);
    const right = /** @type {number} */ (places[middle + 1]);
    if (wanted - left <= right - wanted) high = middle;
    else low = middle + 1;
  }
  return high < 0 ? -1 : low;
}

/** @param {number} pixels */
function short(pixels) {
  return Math.round(pixels * 10) / 10;
}
