import { svg } from '../dom/h.js';

export const LEFT = 44;
export const RIGHT = 8;
export const TOP = 8;
export const BOTTOM = 20;

/**
 * Few lines with their values at the left.
 *
 * @param {readonly number[]} ticks
 * @param {(value: number) => number} y
 * @param {number} width
 * @param {(value: number) => string} words
 */
export function valueAxis(ticks, y, width, words) {
  return ticks.flatMap((tick) => [
    svg('line', { class: 'chart-line', x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick) }),
    svg('text', { class: 'chart-label', x: LEFT - 6, y: y(tick) + 4, 'text-anchor': 'end' }, words(tick)),
  ]);
}

/**
 * Labels along the bottom; those at the ends stay inside.
 *
 * @param {readonly {readonly x: number, readonly words: string}[]} labels
 * @param {number} width
 * @param {number} height
 */
export function bottomLabels(labels, width, height) {
  return labels.map(({ x, words }) => {
    const anchor = x > width - 30 ? 'end' : x < LEFT + 24 ? 'start' : 'middle';
    return svg(
      'text',
      { class: 'chart-label', x: Math.min(x, width - 2), y: height - 4, 'text-anchor': anchor },
      words,
    );
  });
}
