import { svg } from '../dom/h.js';
import { hourAndMinute, timeOfDay } from '../format/duration.js';
import { BOTTOM, bottomLabels, leftOf, RIGHT, TOP, valueAxis } from './axes.js';
import { CHART_HEIGHT, chartFrame } from './chart-frame.js';
import { seriesSummary } from './chart-words.js';
import { linear, timeTicks, valueTicks } from './scale.js';
import { stepPaths, stretches } from './series.js';

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
 * @param {(point: import('../http/api-types.js').Dashboard['history'][number]) => number} options.value
 * @param {(value: number) => string} options.words
 * @param {(value: number) => string} options.tickWords
 * @param {boolean} options.isWhole
 */
export function timeChart({ title, column, value, words, tickWords, isWhole }) {
  const frame = chartFrame(title);
  return {
    element: frame.element,
    /** @param {import('../http/api-types.js').Dashboard} dashboard */
    show({ history, asOf }) {
      const samples = history.map((point) => ({ atMs: Date.parse(point.at), value: value(point) }));
      const last = samples.at(-1);
      const nowMs = Math.max(Date.parse(asOf), last?.atMs ?? 0);
      const parts = stretches(samples, nowMs);
      frame.show({
        latest: last === undefined ? '' : words(last.value),
        summary: seriesSummary(title, samples, words, Math.max(0, parts.length - 1)),
        // Minute by minute also without new samples: that there are none must show.
        from: [samples, Math.floor(nowMs / 60_000)],
        empty: 'No samples yet. The first comes within some minutes.',
        columns: ['Time', column],
        rows: () => samples.toReversed().map((sample) => [timeOfDay(sample.atMs, nowMs), words(sample.value)]),
        draw: (width) => (last === undefined ? null : drawing(width, samples, parts, nowMs)),
      });
    },
  };

  /**
   * @param {number} width
   * @param {readonly import('./series.js').Sample[]} samples
   * @param {readonly import('./series.js').Stretch[]} parts
   * @param {number} nowMs
   * @returns {import('./chart-frame.js').Drawing}
   */
  function drawing(width, samples, parts, nowMs) {
    const domain = /** @type {const} */ ([Math.min(samples[0]?.atMs ?? nowMs, nowMs - LEAST_MS), nowMs]);
    const ticks = valueTicks(Math.max(...samples.map((sample) => sample.value)), { most: 4, isWhole });
    const ground = CHART_HEIGHT - BOTTOM;
    const left = leftOf(ticks.map(tickWords));
    const x = linear(domain, [left, width - RIGHT]);
    const y = linear([0, ticks.at(-1) ?? 1], [ground, TOP]);
    const most = Math.max(2, Math.floor((width - left) / PIXELS_PER_LABEL));
    const times = timeTicks(domain, most).map((atMs) => ({ x: x(atMs), words: hourAndMinute(atMs) }));
    const paths = parts.map((part) => stepPaths(part, { x, y, ground }));
    return {
      nodes: [
        ...valueAxis(ticks, y, { left, width }, tickWords),
        ...bottomLabels(times, { left, width }, CHART_HEIGHT),
        ...paths.map(({ area }) => svg('path', { class: 'chart-area', d: area })),
        ...paths.map(({ line }) => svg('path', { class: 'chart-curve', d: line })),
      ],
      spots: samples.map((sample) => ({
        x: x(sample.atMs),
        y: y(sample.value),
        words: () => `${timeOfDay(sample.atMs, nowMs)}: ${words(sample.value)}`,
      })),
    };
  }
}
