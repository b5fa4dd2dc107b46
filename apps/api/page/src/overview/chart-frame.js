import { h, refill, setAttribute, setHidden, setText, svg } from '../ui/dom.js';
import { CHARTS } from './words.js';

export const CHART_HEIGHT = 132;

/**
 * @typedef {object} Drawing
 * @property {readonly SVGElement[]} nodes
 * @property {readonly Spot[]} spots by x
 *
 * @typedef {object} ChartContent
 * @property {string} latest beside the title
 * @property {string} summary what the drawing shows, in words
 * @property {unknown} from what all of it is made from; the same means that nothing is to be drawn anew
 * @property {(width: number) => Drawing | null} draw null when there is nothing to be drawn
 * @property {string} empty said instead of a drawing
 * @property {readonly string[]} columns
 * @property {() => readonly (readonly string[])[]} rows
 */

/**
 * The frame of a chart: title, drawing in real pixels so that its labels stay readable at every width, what pointing at
 * it says, and the same as a table.
 *
 * @param {string} title
 * @param {{readonly height?: number}} [options] in pixels
 * @returns {{readonly element: HTMLElement, readonly show: (content: ChartContent) => void}}
 */
export function chartFrame(title, { height = CHART_HEIGHT } = {}) {
  const latest = h('span', { class: 'chart-latest numeric' });
  const canvas = svg('svg', {
    class: 'chart-canvas',
    role: 'img',
    height,
    'aria-label': `${title}: ${CHARTS.notKnown}`,
  });
  canvas.style.display = 'none';
  const pointer = chartPointer(canvas, height);
  const empty = h('p', { class: 'chart-empty quiet' }, CHARTS.notKnown);
  const plot = h('div', { class: 'chart-plot' }, canvas, pointer.tip, empty);
  const table = h('table', { class: 'chart-table numeric' });
  const data = h(
    'details',
    { class: 'chart-data', hidden: true },
    h('summary', {}, CHARTS.asTable, h('span', { class: 'visually-hidden' }, `: ${title}`)),
    h('div', { class: 'chart-rows', tabindex: '0', role: 'region', 'aria-label': CHARTS.tableOf(title) }, table),
  );
  const element = h('figure', { class: 'chart card' }, h('figcaption', {}, h('h3', {}, title), latest), plot, data);

  /** @type {ChartContent | null} */
  let content = null;
  let drawnFrom = '';
  let width = 0;

  const draw = () => {
    if (content === null || width === 0) return;
    const from = `${width} ${JSON.stringify(content.from)}`;
    if (from === drawnFrom) return;
    drawnFrom = from;
    const drawing = content.draw(width);
    setHidden(empty, drawing !== null);
    setText(empty, content.empty);
    setHidden(data, drawing === null);
    canvas.style.display = drawing === null ? 'none' : 'block';
    setAttribute(canvas, 'width', String(width));
    setAttribute(canvas, 'viewBox', `0 0 ${width} ${height}`);
    canvas.replaceChildren(...(drawing?.nodes ?? []), pointer.mark);
    pointer.setSpots(drawing?.spots ?? []);
  };
  const drawTable = () => {
    const shown = content;
    if (shown === null || !data.open) return;
    refill(table, shown.from, () => [
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          shown.columns.map((column) => h('th', { scope: 'col' }, column)),
        ),
      ),
      h(
        'tbody',
        {},
        shown.rows().map((row) =>
          h(
            'tr',
            {},
            row.map((cell) => h('td', {}, cell)),
          ),
        ),
      ),
    ]);
  };
  data.addEventListener('toggle', drawTable);
  new ResizeObserver(([entry]) => {
    width = Math.floor(entry?.contentRect.width ?? 0);
    draw();
  }).observe(plot);

  return {
    element,
    show(next) {
      content = next;
      setText(latest, next.latest);
      setAttribute(canvas, 'aria-label', next.summary);
      draw();
      drawTable();
    },
  };
}

/**
 * @typedef {object} Spot what pointing at a place of a drawing shows
 * @property {number} x
 * @property {number} y
 * @property {() => string} text
 */

/**
 * Shows what is nearest to the pointer. The table of the chart says the same to a reader who cannot point.
 *
 * @param {SVGSVGElement} canvas
 * @param {number} height
 */
function chartPointer(canvas, height) {
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
    setText(tip, spot.text());
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

/**
 * The one of bulk places that is nearest.
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
