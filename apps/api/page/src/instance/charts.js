import { CHART_HEIGHT, chartFrame } from '../overview/chart-frame.js';
import {
  BOTTOM,
  bottomLabels,
  leftOf,
  linear,
  RIGHT,
  TOP,
  timeTicks,
  valueAxis,
  valueTicks,
} from '../overview/chart-scale.js';
import { seriesSummary, stretches } from '../overview/time-chart.js';
import { svg } from '../ui/dom.js';
import { dayLabel, formatCount, hourAndMinute, timeOfDay, usd } from '../ui/format.js';
import { INSTANCE } from './words.js';

/**
 * The charts of one instance: how busy a part of it was, and what it cost day by day.
 *
 * @typedef {import('../net/api-types.js').MetricPointView} Point
 * @typedef {import('../net/api-types.js').InstanceSpendDayView} SpendDay
 */

const PIXELS_PER_LABEL = 96;
/** All of it, always: one that hardly works must not look busy. */
const PERCENTS = [0, 25, 50, 75, 100];

/** @param {number} value */
const percentText = (value) => `${Math.round(value * 10) / 10} %`;

/** @param {string} title */
export function percentChart(title) {
  const frame = chartFrame(title);
  return {
    element: frame.element,
    /**
     * @param {readonly Point[] | null} points oldest first; null when they are not known
     * @param {readonly [number, number]} domain epoch milliseconds
     */
    show(points, domain) {
      const samples = (points ?? []).map(({ at, percent }) => ({ atMs: Date.parse(at), value: percent }));
      const last = samples.at(-1);
      const parts = stretches(samples, domain[1]);
      frame.show({
        latest: last === undefined ? '' : percentText(last.value),
        summary: seriesSummary(title, samples, percentText, Math.max(0, parts.length - 1)),
        from: [samples, domain],
        empty: points === null ? INSTANCE.unknownSeries : INSTANCE.noFigures,
        columns: [INSTANCE.time, INSTANCE.percentColumn],
        rows: () => samples.toReversed().map(({ atMs, value }) => [timeOfDay(atMs, domain[1]), percentText(value)]),
        draw: (width) => (last === undefined ? null : drawPercents(width, parts, domain)),
      });
    },
  };
}

/**
 * @param {number} width
 * @param {readonly import('../overview/time-chart.js').Stretch[]} parts
 * @param {readonly [number, number]} domain
 * @returns {import('../overview/chart-frame.js').Drawing}
 */
function drawPercents(width, parts, domain) {
  const ground = CHART_HEIGHT - BOTTOM;
  const left = leftOf(PERCENTS.map(percentText));
  const x = linear(domain, [left, width - RIGHT]);
  const y = linear([0, 100], [ground, TOP]);
  const most = Math.max(2, Math.floor((width - left) / PIXELS_PER_LABEL));
  const times = timeTicks(domain, most).map((atMs) => ({ x: x(atMs), text: hourAndMinute(atMs) }));
  const lines = parts.map(({ samples }) =>
    samples.map(({ atMs, value }) => `${short(x(atMs))} ${short(y(value))}`).join('L'),
  );
  const ends = parts.map(({ samples }) => [x(samples[0]?.atMs ?? 0), x(samples.at(-1)?.atMs ?? 0)].map(short));
  return {
    nodes: [
      ...valueAxis(PERCENTS, y, { left, width }, (value) => `${value} %`),
      ...bottomLabels(times, { left, width }, CHART_HEIGHT),
      ...lines.map((line, index) => {
        const [first = 0, last = 0] = ends[index] ?? [];
        return svg('path', { class: 'chart-area', d: `M${line}L${last} ${ground}L${first} ${ground}Z` });
      }),
      ...lines.map((line) => svg('path', { class: 'chart-curve', d: `M${line}` })),
    ],
    spots: parts.flatMap(({ samples }) =>
      samples.map(({ atMs, value }) => ({
        x: x(atMs),
        y: y(value),
        text: () => `${timeOfDay(atMs, domain[1])}: ${percentText(value)}`,
      })),
    ),
  };
}

const BAR_MOST = 36;
const BAR_GAP = 0.25;

/** @param {string} title */
export function dayChart(title) {
  const frame = chartFrame(title);
  return {
    element: frame.element,
    /**
     * @param {readonly SpendDay[]} days oldest first, those on which it cost or saved anything
     * @param {string} asOf
     */
    show(days, asOf) {
      const all = everyDay(days, asOf);
      const total = days.reduce((sum, day) => sum + day.usd, 0);
      frame.show({
        latest: '',
        summary: `${title}: ${usd(total)}, ${days.length === 1 ? '1 day' : `${days.length} days`}.`,
        from: all,
        empty: INSTANCE.noCost,
        columns: [INSTANCE.day, INSTANCE.byDayColumn, INSTANCE.savedColumn],
        rows: () => days.toReversed().map((day) => [day.day, usd(day.usd), usd(day.savedUsd)]),
        draw: (width) => (days.length === 0 ? null : drawDays(width, all)),
      });
    },
  };
}

/**
 * The days from the first with cost to the last, with those between on which it cost nothing; at least a week, so that one
 * day is not one broad bar.
 *
 * @param {readonly SpendDay[]} days oldest first
 * @param {string} asOf
 * @returns {readonly SpendDay[]}
 */
export function everyDay(days, asOf) {
  const known = new Map(days.map((day) => [day.day, day]));
  const last = dayNumber(asOf.slice(0, 10));
  const first = Math.min(dayNumber(days[0]?.day ?? asOf.slice(0, 10)), last - 6);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const day = new Date((first + index) * DAY_MS).toISOString().slice(0, 10);
    return known.get(day) ?? { day, usd: 0, savedUsd: 0 };
  });
}

const DAY_MS = 86_400_000;

/** @param {string} day */
function dayNumber(day) {
  return Math.floor(Date.parse(`${day}T00:00:00.000Z`) / DAY_MS);
}

/**
 * @param {number} width
 * @param {readonly SpendDay[]} days
 * @returns {import('../overview/chart-frame.js').Drawing}
 */
function drawDays(width, days) {
  const ground = CHART_HEIGHT - BOTTOM;
  const ticks = valueTicks(Math.max(...days.map((day) => day.usd)), { most: 4 });
  const left = leftOf(ticks.map(tickText));
  const y = linear([0, ticks.at(-1) ?? 1], [ground, TOP]);
  const step = (width - RIGHT - left) / days.length;
  const bar = Math.min(BAR_MOST, step * (1 - BAR_GAP));
  const every = Math.max(1, Math.ceil(PIXELS_PER_LABEL / step));
  /** @param {number} index */
  const middle = (index) => left + step * (index + 0.5);
  const labels = days.flatMap((day, index) =>
    (days.length - 1 - index) % every === 0 ? [{ x: middle(index), text: dayLabel(day.day) }] : [],
  );
  return {
    nodes: [
      ...valueAxis(ticks, y, { left, width }, tickText),
      ...bottomLabels(labels, { left, width }, CHART_HEIGHT),
      ...days.map((day, index) =>
        svg('rect', {
          class: 'chart-bar',
          x: short(middle(index) - bar / 2),
          y: short(y(day.usd)),
          width: short(bar),
          height: short(ground - y(day.usd)),
        }),
      ),
    ],
    spots: days.map((day, index) => ({
      x: middle(index),
      y: y(day.usd),
      text: () => `${dayLabel(day.day)}: ${usd(day.usd)}`,
    })),
  };
}

/** @param {number} tick USD */
function tickText(tick) {
  return `$${formatCount(tick)}`;
}

/** @param {number} pixels */
function short(pixels) {
  return Math.round(pixels * 10) / 10;
}
