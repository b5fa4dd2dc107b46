import { chartFrame } from '../overview/chart-frame.js';
import { BOTTOM, bottomLabels, leftOf, linear, RIGHT, TOP, valueAxis, valueTicks } from '../overview/chart-scale.js';
import { h, refill, svg } from '../ui/dom.js';
import { dayLabel, formatCount, usd } from '../ui/format.js';
import { hasOthers, seriesOf, stacksOf } from './days.js';
import { partLabel } from './spend-messages.js';
import { SPEND } from './words.js';

/**
 * @typedef {import('../net/api-types.js').SpendDaysView} SpendDays
 * @typedef {import('./days.js').DayStack} DayStack
 */

const HEIGHT = 200;
const WIDEST_BAR = 28;
const PIXELS_PER_LABEL = 84;
/** Between two parts of a bar, so that they are told apart without their colours. */
const GAP = 1;

/** The spend of each day as a bar of its parts, with the same as a table. */
export function daysChart() {
  const frame = chartFrame(SPEND.daysChart, { height: HEIGHT });
  const legend = h('ul', { class: 'legend' });
  return {
    element: h('div', { class: 'days-chart stack' }, frame.element, legend),
    /** @param {SpendDays} spend */
    show({ by, days }) {
      const known = days ?? [];
      const series = seriesOf(known);
      const stacks = stacksOf(known, series);
      const names = [
        ...series.map((name) => partLabel(by, name)),
        ...(hasOthers(stacks) ? [series.length === 0 ? SPEND.all : SPEND.other] : []),
      ];
      const spent = known.some((day) => day.usd > 0);
      refill(legend, spent ? names : [], () =>
        spent && names.length > 1
          ? names.map((name, index) =>
              h('li', {}, h('span', { class: `swatch ${seriesClass(index, series.length)}` }), name),
            )
          : null,
      );
      frame.show({
        latest: spent ? SPEND.todayIs(usd(known.at(-1)?.usd ?? 0)) : '',
        summary: summaryOf(known),
        from: [by, known],
        empty: SPEND.noDays,
        columns: [SPEND.day, SPEND.all, SPEND.savedColumn, ...names],
        rows: () =>
          stacks
            .toReversed()
            .map(({ day, parts }) => [
              dayLabel(day.day),
              usd(day.usd),
              usd(day.savedUsd),
              ...parts.slice(0, names.length).map((amount) => usd(amount)),
            ]),
        draw: (width) => (spent ? drawing(width, stacks, names, series.length) : null),
      });
    },
  };
}

/** @param {readonly import('./days.js').Day[]} days */
function summaryOf(days) {
  const dearest = days.toSorted((a, b) => b.usd - a.usd)[0];
  if (dearest === undefined || dearest.usd === 0) return SPEND.noDays;
  const sum = (/** @type {'usd' | 'savedUsd'} */ member) => usd(days.reduce((total, day) => total + day[member], 0));
  return SPEND.daysSummary(sum('usd'), sum('savedUsd'), dayLabel(dearest.day), usd(dearest.usd));
}

/** @param {number} index @param {number} count */
function seriesClass(index, count) {
  return index < count ? `series-${index + 1}` : 'series-other';
}

/**
 * @param {number} width
 * @param {readonly DayStack[]} stacks
 * @param {readonly string[]} names
 * @param {number} count of series, without all others
 * @returns {import('../overview/chart-frame.js').Drawing}
 */
function drawing(width, stacks, names, count) {
  const ground = HEIGHT - BOTTOM;
  const ticks = valueTicks(Math.max(...stacks.map(({ day }) => day.usd)), { most: 5 });
  const y = linear([0, ticks.at(-1) ?? 1], [ground, TOP]);
  const left = leftOf(ticks.map(tickLabel));
  const pitch = (width - left - RIGHT) / stacks.length;
  const bar = Math.max(2, Math.min(WIDEST_BAR, pitch * 0.72));
  const middleOf = (/** @type {number} */ index) => left + pitch * (index + 0.5);
  const every = Math.max(1, Math.ceil(PIXELS_PER_LABEL / pitch));
  // From today backwards, so that today always has its label.
  const labels = stacks.flatMap(({ day }, index) =>
    (stacks.length - 1 - index) % every === 0 && index > 0 ? [{ x: middleOf(index), text: dayLabel(day.day) }] : [],
  );
  return {
    nodes: [
      ...valueAxis(ticks, y, { left, width }, tickLabel),
      ...bottomLabels(labels, { left, width }, HEIGHT),
      ...stacks.flatMap(({ parts }, index) => barOf(parts, count, { x: middleOf(index) - bar / 2, width: bar, y })),
    ],
    spots: stacks.map(({ day, parts }, index) => ({
      x: middleOf(index),
      y: y(day.usd),
      text: () => {
        const named = names.flatMap((name, part) => {
          const amount = parts[part] ?? 0;
          return amount < 0.005 ? [] : [`${name} ${usd(amount)}`];
        });
        return [`${dayLabel(day.day)}: ${usd(day.usd)}`, ...(named.length > 1 ? named : [])].join(' · ');
      },
    })),
  };
}

/**
 * @param {readonly number[]} parts
 * @param {number} count
 * @param {{readonly x: number, readonly width: number, readonly y: (value: number) => number}} place
 */
function barOf(parts, count, { x, width, y }) {
  let below = 0;
  return parts.flatMap((amount, index) => {
    const from = y(below);
    below += amount;
    const height = from - y(below);
    if (height <= 0) return [];
    const shown = Math.max(0.5, height > 3 ? height - GAP : height);
    return [
      svg('rect', {
        class: `chart-part ${seriesClass(index, count)}`,
        x,
        y: from - shown,
        width,
        height: shown,
      }),
    ];
  });
}

/** @param {number} value USD */
function tickLabel(value) {
  return `$${formatCount(value)}`;
}
