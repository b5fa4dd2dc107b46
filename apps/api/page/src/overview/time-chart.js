import { svg } from '../ui/dom.js';
import { hourAndMinute, span, timeOfDay } from '../ui/format.js';
import { CHART_HEIGHT, chartFrame } from './chart-frame.js';
import { BOTTOM, bottomLabels, leftOf, linear, RIGHT, TOP, timeTicks, valueAxis, valueTicks } from './chart-scale.js';
import { CHARTS } from './words.js';

/** A drawing that covers less would be all noise. */
const LEAST_MS = 15 * 60_000;
const PIXELS_PER_LABEL = 72;

/**
 * How a figure of the fleet was over the last hours: steps, since each value held until the next sample; where no samples
 * were there is nothing.
 *
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.column
 * @param {(point: import('../net/api-types.js').DashboardView['history'][number]) => number} options.value
 * @param {(value: number) => string} options.text
 * @param {(value: number) => string} options.tickLabel
 * @param {boolean} options.isWhole
 */
export function timeChart({ title, column, value, text, tickLabel, isWhole }) {
  const frame = chartFrame(title);
  return {
    element: frame.element,
    /** @param {import('../net/api-types.js').DashboardView} dashboard */
    show({ history, asOf, storedAsOf, unknown }) {
      const samples = history.map((point) => ({ atMs: Date.parse(point.at), value: value(point) }));
      const last = samples.at(-1);
      const nowMs = Math.max(Date.parse(asOf), last?.atMs ?? 0);
      const parts = stretches(samples, nowMs);
      frame.show({
        latest: last === undefined ? '' : latestText(text(last.value), last.atMs, nowMs),
        summary: seriesSummary(title, samples, text, Math.max(0, parts.length - 1)),
        // Minute by minute also without new samples: that there are none must show.
        from: [samples, Math.floor(nowMs / 60_000)],
        empty: storedAsOf !== undefined ? CHARTS.storeAway : unknown === undefined ? CHARTS.noSamples : CHARTS.notKnown,
        columns: [CHARTS.time, column],
        rows: () => samples.toReversed().map((sample) => [timeOfDay(sample.atMs, nowMs), text(sample.value)]),
        draw: (width) => (last === undefined ? null : drawing(width, samples, parts, nowMs)),
      });
    },
  };

  /**
   * @param {number} width
   * @param {readonly Sample[]} samples
   * @param {readonly Stretch[]} parts
   * @param {number} nowMs
   * @returns {import('./chart-frame.js').Drawing}
   */
  function drawing(width, samples, parts, nowMs) {
    const domain = /** @type {const} */ ([Math.min(samples[0]?.atMs ?? nowMs, nowMs - LEAST_MS), nowMs]);
    const ticks = valueTicks(Math.max(...samples.map((sample) => sample.value)), { most: 4, isWhole });
    const ground = CHART_HEIGHT - BOTTOM;
    const left = leftOf(ticks.map(tickLabel));
    const x = linear(domain, [left, width - RIGHT]);
    const y = linear([0, ticks.at(-1) ?? 1], [ground, TOP]);
    const most = Math.max(2, Math.floor((width - left) / PIXELS_PER_LABEL));
    const times = timeTicks(domain, most).map((atMs) => ({ x: x(atMs), text: hourAndMinute(atMs) }));
    const paths = parts.map((part) => stepPaths(part, { x, y, ground }));
    return {
      nodes: [
        ...valueAxis(ticks, y, { left, width }, tickLabel),
        ...bottomLabels(times, { left, width }, CHART_HEIGHT),
        ...paths.map(({ area }) => svg('path', { class: 'chart-area', d: area })),
        ...paths.map(({ line }) => svg('path', { class: 'chart-curve', d: line })),
      ],
      spots: samples.map((sample) => ({
        x: x(sample.atMs),
        y: y(sample.value),
        text: () => `${timeOfDay(sample.atMs, nowMs)}: ${text(sample.value)}`,
      })),
    };
  }
}

/** The service adds the present as the last sample; what it read before is not the present. */
const PRESENT_MS = 60_000;

/**
 * The last value, with its time where that is not the present.
 *
 * @param {string} value
 * @param {number} atMs
 * @param {number} nowMs
 */
export function latestText(value, atMs, nowMs) {
  return nowMs - atMs < PRESENT_MS ? value : CHARTS.lastAt(value, timeOfDay(atMs, nowMs));
}

/**
 * @typedef {object} Sample
 * @property {number} atMs
 * @property {number} value which holds until the next sample
 *
 * @typedef {object} Stretch samples without a gap
 * @property {readonly Sample[]} samples at least one
 * @property {number} endMs until when the last one holds
 */

/** A gap is this many times the usual distance without a sample: a sample that only came late makes none. */
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

/** @param {number} pixels */
function short(pixels) {
  return Math.round(pixels * 10) / 10;
}

/**
 * A series in a sentence or two, for whoever does not see its drawing.
 *
 * @param {string} title
 * @param {readonly Sample[]} samples oldest first
 * @param {(value: number) => string} text
 * @param {number} gaps stretches of time without samples
 */
export function seriesSummary(title, samples, text, gaps) {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return CHARTS.noSamplesOf(title);
  if (first === last) return CHARTS.oneSample(title, text(last.value));
  const values = samples.map(({ value }) => value);
  const least = text(Math.min(...values));
  const greatest = text(Math.max(...values));
  const between = least === greatest ? CHARTS.always(least) : CHARTS.between(least, greatest);
  const missing = gaps === 0 ? '' : CHARTS.gaps(gaps);
  return CHARTS.series(title, span(last.atMs - first.atMs), text(last.value), between) + missing;
}
