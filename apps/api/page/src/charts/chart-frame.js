import { h, setText, svg } from '../dom/h.js';
import { refill, setAttribute, setHidden } from '../dom/update.js';
import { nearestIndex } from './series.js';

export const CHART_HEIGHT = 132;

/**
 * @typedef {object} Drawing
 * @property {readonly SVGElement[]} nodes
 * @property {readonly {readonly x: number, readonly y: number, readonly words: string}[]} spots what pointing tells, by x
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
 * it tells, and the same as a table.
 *
 * @param {string} title
 * @returns {{readonly element: HTMLElement, readonly show: (content: ChartContent) => void}}
 */
export function chartFrame(title) {
  const latest = h('span', { class: 'chart-latest numeric' });
  const canvas = svg('svg', { class: 'chart-canvas', role: 'img', height: CHART_HEIGHT });
  const marker = svg('line', { class: 'chart-marker', y1: 0, y2: CHART_HEIGHT, visibility: 'hidden' });
  const dot = svg('circle', { class: 'chart-dot', r: 3.5, visibility: 'hidden' });
  const tip = h('p', { class: 'chart-tip numeric', hidden: true, 'aria-hidden': 'true' });
  const empty = h('p', { class: 'chart-empty quiet', hidden: true });
  const plot = h('div', { class: 'chart-plot' }, canvas, tip, empty);
  const table = h('table', { class: 'chart-table numeric' });
  const data = h(
    'details',
    { class: 'chart-data' },
    h('summary', {}, 'As a table', h('span', { class: 'visually-hidden' }, `: ${title}`)),
    h('div', { class: 'chart-rows', tabindex: '0', role: 'region', 'aria-label': `${title}, as a table` }, table),
  );
  const element = h('figure', { class: 'chart card' }, h('figcaption', {}, h('h3', {}, title), latest), plot, data);

  /** @type {ChartContent | null} */
  let content = null;
  /** @type {Drawing['spots']} */
  let spots = [];
  let drawnFrom = '';

  const draw = () => {
    const width = Math.floor(plot.clientWidth);
    if (content === null || width === 0) return;
    const from = `${width} ${JSON.stringify(content.from)}`;
    if (from === drawnFrom) return;
    drawnFrom = from;
    const drawing = content.draw(width);
    setHidden(empty, drawing !== null);
    setText(empty, content.empty);
    canvas.style.display = drawing === null ? 'none' : 'block';
    setAttribute(canvas, 'width', String(width));
    setAttribute(canvas, 'viewBox', `0 0 ${width} ${CHART_HEIGHT}`);
    canvas.replaceChildren(...(drawing?.nodes ?? []), marker, dot);
    spots = drawing?.spots ?? [];
    hideTip();
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
  const hideTip = () => {
    setHidden(tip, true);
    setAttribute(marker, 'visibility', 'hidden');
    setAttribute(dot, 'visibility', 'hidden');
  };
  /** @param {PointerEvent} event */
  const point = (event) => {
    const left = event.clientX - canvas.getBoundingClientRect().left;
    const spot =
      spots[
        nearestIndex(
          spots.map(({ x }) => x),
          left,
        )
      ];
    if (spot === undefined) return;
    setText(tip, spot.words);
    setHidden(tip, false);
    const furthest = plot.clientWidth - tip.offsetWidth;
    tip.style.translate = `${Math.max(0, Math.min(furthest, spot.x - tip.offsetWidth / 2))}px 0`;
    for (const [name, value] of [
      ['x1', spot.x],
      ['x2', spot.x],
    ])
      setAttribute(marker, String(name), String(value));
    setAttribute(dot, 'cx', String(spot.x));
    setAttribute(dot, 'cy', String(spot.y));
    setAttribute(marker, 'visibility', 'visible');
    setAttribute(dot, 'visibility', 'visible');
  };
  canvas.addEventListener('pointermove', point);
  canvas.addEventListener('pointerdown', point);
  canvas.addEventListener('pointerleave', hideTip);
  data.addEventListener('toggle', drawTable);
  new ResizeObserver(draw).observe(plot);

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
