/**
 * Scales and axes of the charts.
 */

import { svg } from '../ui/dom.js';

export const RIGHT = 8;
export const TOP = 8;
export const BOTTOM = 20;
const DIGIT_WIDTH = 6.4;
const LEAST_LEFT = 28;

/**
 * The room that the labels of the value axis take, by their letters: measuring them would make the browser lay out twice.
 *
 * @param {readonly string[]} labels
 */
export function leftOf(labels) {
  return Math.max(LEAST_LEFT, Math.ceil(Math.max(...labels.map(({ length }) => length)) * DIGIT_WIDTH) + 10);
}

/**
 * Few lines with their values at the left.
 *
 * @param {readonly number[]} ticks
 * @param {(value: number) => number} y
 * @param {{readonly left: number, readonly width: number}} place
 * @param {(value: number) => string} text
 */
export function valueAxis(ticks, y, { left, width }, text) {
  return ticks.flatMap((tick) => [
    svg('line', { class: 'chart-line', x1: left, x2: width - RIGHT, y1: y(tick), y2: y(tick) }),
    svg('text', { class: 'chart-label', x: left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, text(tick)),
  ]);
}

/**
 * Labels along the bottom; those at the ends stay inside.
 *
 * @param {readonly {readonly x: number, readonly text: string}[]} labels
 * @param {{readonly left: number, readonly width: number}} place
 * @param {number} height
 */
export function bottomLabels(labels, { left, width }, height) {
  return labels.map(({ x, text }) => {
    const anchor = x > width - 30 ? 'end' : x < left + 24 ? 'start' : 'middle';
    return svg('text', { class: 'chart-label', x: Math.min(x, width - 2), y: height - 4, 'text-anchor': anchor }, text);
  });
}

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
