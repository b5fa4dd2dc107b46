import { h, setText, svg } from '../dom/h.js';
import { refill, setAttribute, setHidden } from '../dom/update.js';
import { chartPointer } from './chart-pointer.js';

export const CHART_HEIGHT = 132;
export const NOT_KNOWN = 'Not known yet.';

/**
 * @typedef {object} Drawing
 * @property {readonly SVGElement[]} nodes
 * @property {readonly import('./chart-pointer.js').Spot[]} spots by x
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
  const canvas = svg('svg', {
    class: 'chart-canvas',
    role: 'img',
    height: CHART_HEIGHT,
    'aria-label': `${title}: ${NOT_KNOWN}`,
  });
  canvas.style.display = 'none';
  const pointer = chartPointer(canvas, CHART_HEIGHT);
  const empty = h('p', { class: 'chart-empty quiet' }, NOT_KNOWN);
  const plot = h('div', { class: 'chart-plot' }, canvas, pointer.tip, empty);
  const table = h('table', { class: 'chart-table numeric' });
  const data = h(
    'details',
    { class: 'chart-data', hidden: true },
    h('summary', {}, 'As a table', h('span', { class: 'visually-hidden' }, `: ${title}`)),
    h('div', { class: 'chart-rows', tabindex: '0', role: 'region', 'aria-label': `${title}, as a table` }, table),
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
    setAttribute(canvas, 'viewBox', `0 0 ${width} ${CHART_HEIGHT}`);
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
