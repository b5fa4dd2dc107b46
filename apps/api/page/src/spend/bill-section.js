import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { cardCell, cardRow, cardTable } from '../ui/card-table.js';
import { h, setHidden, setText } from '../ui/dom.js';
import { dayLabel, usd } from '../ui/format.js';
import { billedText, billNote } from './bill-messages.js';
import { SPEND } from './words.js';

/** @typedef {import('./bill-messages.js').Bill} Bill */

const { billColumns: COLUMNS } = SPEND;

/**
 * What was counted of each day, beside what Novita has billed for it.
 *
 * @param {import('../routing/router.js').ViewContext} view
 */
export function billSection({ fleet, signal }) {
  /** @type {LiveRead<Bill>} */
  const read = new LiveRead(fleet, '/api/v1/spend/bill', signal, (type) => type === 'spend.bill_differs');
  const table = cardTable(SPEND.billTable, Object.values(COLUMNS));
  const note = h('p', { class: 'quiet' });
  const draw = (/** @type {Bill} */ bill) => {
    setText(note, billNote(bill, Date.now()));
    setHidden(table.element, bill.days.length === 0);
    table.body.replaceChildren(
      ...bill.days.map((day) => {
        const { billed, difference, tone } = billedText(day);
        return cardRow(
          { day: day.day, tone },
          cardCell('', dayLabel(day.day)),
          cardCell(COLUMNS.counted, usd(day.meteredUsd)),
          cardCell(COLUMNS.billed, h('span', { class: day.billedUsd === null ? 'quiet' : null }, billed)),
          cardCell(COLUMNS.difference, h('span', { class: tone === null ? 'quiet' : 'bill-differs' }, difference)),
        );
      }),
    );
  };
  const content = h('div', { class: 'stack' }, note, table.element);
  const element = h(
    'section',
    { class: 'stack', 'aria-label': SPEND.bill },
    h('h2', {}, SPEND.bill),
    readView(read, { content, draw, failed: SPEND.billNotReadable, rows: 3 }),
  );
  return { element, state: read.state, shown: read.read() };
}
