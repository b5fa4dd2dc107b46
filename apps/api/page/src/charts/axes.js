import { svg } from '../dom/h.js';

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
 * @param {(value: number) => string} words
 */
export function valueAxis(ticks, y, { left, width }, words) {
  return ticks.flatMap((tick) => [
    svg('line', { class: 'chart-line', x1: left, x2: width - RIGHT, y1: y(tick), y2: y(tick) }),
    svg('text', { class: 'chart-label', x: left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, words(tick)),
  ]);
}

/**
 * Labels along the bottom; those at the ends stay inside.
 *
 * @param {readonly {readonly x: number, readonly words: string}[]} labels
 * @param {{readonly left: number, readonly width: number}} place
 * @param {number} height
 */
export function bottomLabels(labels, { left, width }, height) {
  return labels.map(({ x, words }) => {
    const anchor = x > width - 30 ? 'end' : x < left + 24 ? 'start' : 'middle';
    return svg(
      'text',
      { class: 'chart-label', x: Math.min(x, width - 2), y: height - 4, 'text-anchor': anchor },
      words,
    );
  });
}
