import { h } from './dom.js';

/**
 * A table whose rows stand as cards on a phone, where its columns would not fit: each cell then says by itself what it is.
 *
 * @param {string} caption for who cannot see it
 * @param {readonly import('./dom.js').Child[]} columns their names
 * @param {import('./dom.js').Child} [rows] of `cardRow`
 * @param {{readonly isBrief?: boolean}} [options] brief where the values of a card say by themselves what they are
 */
export function cardTable(caption, columns, rows = null, { isBrief = false } = {}) {
  const body = h('tbody', { role: 'rowgroup' }, rows);
  const element = h(
    'div',
    { class: 'table-scroll card-scroll' },
    h(
      'table',
      { class: isBrief ? 'table card-table brief' : 'table card-table', role: 'table' },
      h('caption', { class: 'visually-hidden' }, caption),
      h(
        'thead',
        { role: 'rowgroup' },
        h(
          'tr',
          { role: 'row' },
          columns.map((name) => h('th', { scope: 'col', role: 'columnheader' }, name)),
        ),
      ),
      body,
    ),
  );
  return { element, body };
}

/**
 * @param {Readonly<Record<string, string | null>>} data attributes
 * @param {...import('./dom.js').Child} cells of `cardCell`
 */
export function cardRow(data, ...cells) {
  // A table that is laid out as cards is one to nobody any more, unless it says so.
  return h('tr', { role: 'row', data }, ...cells);
}

/**
 * @param {string} label what it is, shown on a phone; empty where that needs no words
 * @param {...import('./dom.js').Child} content
 */
export function cardCell(label, ...content) {
  return h('td', { role: 'cell', data: { label: label === '' ? null : label } }, ...content);
}

/** A second, small line of a cell. @param {import('./dom.js').Child} content */
export function cellNote(content) {
  return h('span', { class: 'cell-note' }, content);
}
