/**
 * The spend of some days, divided into the parts that a chart can tell apart. All pure.
 */

/**
 * @typedef {import('../net/api-types.js').SpendDayView} Day
 *
 * @typedef {object} DayStack
 * @property {Day} day
 * @property {readonly number[]} parts USD, one for each series, and all others at the end; they add up to the day
 */

/** More shades than this nobody tells apart. */
const MOST_SERIES = 4;

/**
 * The parts that cost most over all days.
 *
 * @param {readonly Day[]} days
 * @returns {readonly string[]} the dearest first
 */
export function seriesOf(days) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const { parts } of days) {
    for (const [name, amount] of Object.entries(parts)) sums.set(name, (sums.get(name) ?? 0) + amount);
  }
  return [...sums]
    .filter(([, amount]) => amount > 0)
    .toSorted(([a, one], [b, other]) => other - one || a.localeCompare(b, 'en'))
    .slice(0, MOST_SERIES)
    .map(([name]) => name);
}

/**
 * @param {readonly Day[]} days
 * @param {readonly string[]} series
 * @returns {readonly DayStack[]}
 */
export function stacksOf(days, series) {
  return days.map((day) => {
    const named = series.map((name) => day.parts[name] ?? 0);
    const rest = day.usd - named.reduce((sum, amount) => sum + amount, 0);
    return { day, parts: [...named, Math.max(0, rest)] };
  });
}

/**
 * Whether anything is left over that no series has.
 *
 * @param {readonly DayStack[]} stacks
 */
export function hasOthers(stacks) {
  return stacks.some(({ parts }) => (parts.at(-1) ?? 0) >= LEAST_SEEN_USD);
}

const LEAST_SEEN_USD = 0.005;
