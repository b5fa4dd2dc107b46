import { h, setText, svg } from '../dom/h.js';
import { setAttribute, setHidden } from '../dom/update.js';
import { nearestIndex } from './series.js';

/**
 * @typedef {object} Spot what pointing at a place of a drawing tells
 * @property {number} x
 * @property {number} y
 * @property {() => string} words
 */

/**
 * Tells what is nearest to where the reader points. The table of the chart tells the same to whoever cannot point.
 *
 * @param {SVGSVGElement} canvas
 * @param {number} height
 */
export function chartPointer(canvas, height) {
  const dot = svg('circle', { class: 'chart-dot', r: 3.5 });
  const line = svg('line', { class: 'chart-marker', y1: 0, y2: height });
  const mark = svg('g', { visibility: 'hidden' }, line, dot);
  const tip = h('p', { class: 'chart-tip numeric', hidden: true, 'aria-hidden': 'true' });
  /** @type {readonly Spot[]} */
  let spots = [];
  /** @type {readonly number[]} */
  let places = [];

  const hide = () => {
    setHidden(tip, true);
    setAttribute(mark, 'visibility', 'hidden');
  };
  /** @param {PointerEvent} event */
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const spot = spots[nearestIndex(places, event.clientX - box.left)];
    if (spot === undefined) return;
    setText(tip, spot.words());
    setHidden(tip, false);
    const left = Math.max(0, Math.min(box.width - tip.offsetWidth, spot.x - tip.offsetWidth / 2));
    tip.style.translate = `${Math.round(left)}px 0`;
    setAttribute(mark, 'transform', `translate(${spot.x} 0)`);
    setAttribute(dot, 'cy', String(spot.y));
    setAttribute(mark, 'visibility', 'visible');
  };
  canvas.addEventListener('pointermove', point);
  canvas.addEventListener('pointerdown', point);
  canvas.addEventListener('pointerleave', hide);
  return {
    mark,
    tip,
    /** @param {readonly Spot[]} next by x */
    setSpots(next) {
      spots = next;
      places = next.map(({ x }) => x);
      hide();
    },
  };
}
