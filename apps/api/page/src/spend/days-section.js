import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { h } from '../ui/dom.js';
import { daysChart } from './days-chart.js';
import { SPEND } from './words.js';

/**
 * @typedef {import('./days-chart.js').SpendDays} SpendDays
 * @typedef {'owner' | 'product'} By
 */

const DAYS = 31;

/** @type {readonly By[]} */
const DIVISIONS = ['owner', 'product'];

/**
 * The spend of each day of a month, divided by owner or GPU; the choice stands in the address.
 *
 * @param {import('../routing/router.js').ViewContext} view
 */
export function daysSection({ fleet, place, signal }) {
  const chosen = () => (place.query().get('by') === 'product' ? 'product' : 'owner');
  // A day moves slowly: the reading of every half minute serves.
  /** @type {LiveRead<SpendDays>} */
  const read = new LiveRead(fleet, pathOf(chosen()), signal);
  const chart = daysChart();
  const boxes = DIVISIONS.map((by) => {
    const input = h('input', { type: 'radio', name: 'days-by', value: by, checked: by === chosen() });
    input.addEventListener('change', () => {
      const search = by === 'owner' ? '' : `?by=${by}`;
      place.setQuery(search);
      void read.readFrom(pathOf(by));
    });
    return { by, input, element: h('label', { class: 'segment' }, input, h('span', {}, SPEND.divisions[by])) };
  });
  const element = h(
    'section',
    { class: 'stack', 'aria-label': SPEND.days },
    h(
      'div',
      { class: 'money-head' },
      h('h2', {}, SPEND.days),
      h(
        'fieldset',
        { class: 'segments' },
        h('legend', { class: 'visually-hidden' }, SPEND.daysBy),
        boxes.map((box) => box.element),
      ),
    ),
    readView(read, { content: chart.element, draw: (value) => chart.show(value), failed: SPEND.daysFailed, rows: 4 }),
  );
  return {
    element,
    state: read.state,
    shown: read.read(),
    /** After the address has changed. */
    update() {
      const by = chosen();
      for (const box of boxes) box.input.checked = box.by === by;
      if (read.path !== pathOf(by)) void read.readFrom(pathOf(by));
    },
  };
}

/** @param {By} by */
function pathOf(by) {
  return `/api/v1/spend/days?days=${DAYS}&by=${by}`;
}
