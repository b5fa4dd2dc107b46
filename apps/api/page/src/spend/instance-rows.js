import { actionCell } from '../instances/action-cell.js';
import { instanceLink } from '../routing/links.js';
import { arrange, h, setAttribute, setHidden, setText } from '../ui/dom.js';
import { SPEND } from './words.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 *
 * @typedef {object} RowColumn
 * @property {string} name of its class
 * @property {string} label
 * @property {(instance: Instance, nowMs: number) => import('./spend-messages.js').Said} say
 *
 * @typedef {object} Row
 * @property {HTMLElement} element
 * @property {HTMLInputElement | null} box
 * @property {(instance: Instance) => void} update
 * @property {(nowMs: number) => void} tick
 */

/**
 * A short table of instances, in the order in which they come. A row that stays is the same element, so that a change of
 * the fleet takes neither the focus nor a command under way from it.
 *
 * @param {import('../routing/router.js').ViewContext} view
 * @param {object} options
 * @param {string} options.caption
 * @param {readonly RowColumn[]} options.columns
 * @param {import('../instances/selection.js').Selection | null} options.selection null where nothing is selected
 */
export function instanceRows(view, { caption, columns, selection }) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  /** @type {readonly Instance[]} */
  let shown = [];
  /** The box that was pressed last: a press with Shift selects all up to there. @type {string | null} */
  let pressed = null;
  const all = h('input', { type: 'checkbox', 'aria-label': SPEND.selectAll });
  const body = h('tbody', { role: 'rowgroup' });

  /** @param {string} id @param {boolean} isChosen @param {boolean} isRange */
  const press = (id, isChosen, isRange) => {
    const ids = shown.map((instance) => instance.id);
    const from = isRange && pressed !== null ? ids.indexOf(pressed) : -1;
    const to = ids.indexOf(id);
    const range = from === -1 ? [id] : ids.slice(Math.min(from, to), Math.max(from, to) + 1);
    pressed = id;
    selection?.set(range, isChosen);
  };
  /** @param {Instance} first @returns {Row} */
  const makeRow = (first) => {
    let instance = first;
    const cells = columns.map(({ name, label, say }) => {
      const element = h('td', { role: 'cell', class: `money-cell money-${name} numeric`, data: { label } });
      return { element, say };
    });
    const link = instanceLink(first);
    const box = selection && h('input', { type: 'checkbox', 'aria-label': SPEND.select(first.name) });
    box?.addEventListener('click', (event) => press(first.id, box.checked, event.shiftKey));
    const actions = actionCell(view, first);
    const tick = (/** @type {number} */ nowMs) => {
      for (const { element, say } of cells) {
        const { text, tone = null } = say(instance, nowMs);
        setText(element, text);
        setAttribute(element, 'data-tone', tone);
        setAttribute(element, 'title', text);
      }
    };
    return {
      box,
      tick,
      element: h('tr', { role: 'row', data: { instance: first.id } }, [
        box && h('td', { role: 'cell', class: 'money-check' }, h('label', { class: 'check-target' }, box)),
        h('th', { role: 'rowheader', scope: 'row', class: 'money-name' }, link),
        cells.map(({ element }) => element),
        actions.element,
      ]),
      update(next) {
        instance = next;
        setText(link, next.name);
        actions.update(next);
        tick(Date.now());
      },
    };
  };

  const heads = [
    selection && h('th', { role: 'columnheader', class: 'money-check' }, h('label', { class: 'check-target' }, all)),
    h('th', { role: 'columnheader', scope: 'col', class: 'money-name' }, SPEND.columns.name),
    columns.map(({ name, label }) =>
      h('th', { role: 'columnheader', scope: 'col', class: `money-cell money-${name}` }, label),
    ),
    h(
      'th',
      { role: 'columnheader', scope: 'col', class: 'cell-actions' },
      h('span', { class: 'visually-hidden' }, SPEND.columns.actions),
    ),
  ];
  const table = h(
    'table',
    { class: 'table money-table', role: 'table' },
    h('caption', { class: 'visually-hidden' }, caption),
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, heads)),
    body,
  );
  const element = h('div', { class: 'money-frame' }, table);
  all.addEventListener('change', () =>
    selection?.set(
      shown.map(({ id }) => id),
      all.checked,
    ),
  );
  selection?.ids.watch((ids) => {
    for (const [id, { element: row, box }] of rows) {
      const isChosen = ids.has(id);
      if (box !== null) box.checked = isChosen;
      setAttribute(row, 'data-chosen', isChosen ? '' : null);
    }
    all.checked = shown.length > 0 && ids.size === shown.length;
    all.indeterminate = ids.size > 0 && !all.checked;
  }, view.signal);

  return {
    element,
    /** @param {readonly Instance[]} instances */
    show(instances) {
      shown = instances;
      const present = new Set(instances.map(({ id }) => id));
      for (const id of rows.keys()) if (!present.has(id)) rows.delete(id);
      for (const instance of instances) {
        const row = rows.get(instance.id) ?? makeRow(instance);
        rows.set(instance.id, row);
        row.update(instance);
      }
      arrange(
        body,
        instances.flatMap(({ id }) => rows.get(id)?.element ?? []),
      );
      selection?.keep(instances);
      setHidden(element, instances.length === 0);
    },
    /** @param {number} nowMs */
    tick(nowMs) {
      for (const row of rows.values()) row.tick(nowMs);
    },
  };
}
