import { matches } from '../fleet/known-instance.js';
import { isTurning } from '../fleet/table-state.js';
import { arrange, h, setAttribute, setHidden } from '../ui/dom.js';
import { onTick } from '../ui/ticker.js';
import { extentOf } from './bulk-bar.js';
import { actionCell, connectCell, factCells, nameCell, statusCell } from './row-cells.js';

/**
 * @typedef {import('../fleet/table-state.js').TableState} TableState
 */

/**
 * The table itself: one row for each instance of the page, kept as long as the instance is on it.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {import('./bulk-bar.js').Selection} selection
 */
export function instanceTableView(context, selection) {
  const { fleet, session, signal } = context;
  /** @type {Map<string, {readonly row: InstanceRow, readonly name: string}>} */
  const rows = new Map();

  const chooseAll = h('input', {
    type: 'checkbox',
    'aria-label': 'Select all on this page',
    on: { change: () => selection.set([...rows.keys()], chooseAll.checked) },
  });
  const name = sortHeader('Name', 'name', '-name');
  const created = sortHeader('Created', '-createdAt', 'createdAt');
  const body = h('tbody', { role: 'rowgroup' });
  const table = h(
    'table',
    { class: 'instances', role: 'table' },
    h('caption', { class: 'visually-hidden' }, 'Instances'),
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        session.mayCommand &&
          h('td', { role: 'cell', class: 'cell-check' }, h('label', { class: 'check-target' }, chooseAll)),
        name.element,
        plainHeader('Status'),
        plainHeader('GPU and region'),
        plainHeader('Price', 'cell-price'),
        plainHeader('Up'),
        created.element,
        plainHeader('Idle'),
        plainHeader('Connect'),
        plainHeader('Actions', 'cell-actions'),
      ),
    ),
    body,
  );
  const element = h('div', { class: 'table-frame' }, table);

  /**
   * @param {string} label
   * @param {import('../fleet/table-query.js').TableSort} first the order that the first press gives
   * @param {import('../fleet/table-query.js').TableSort} second
   */
  function sortHeader(label, first, second) {
    const click = () => {
      const { sort } = fleet.table.state.get().query;
      void fleet.table.setQuery({ sort: sort === first ? second : first });
    };
    const sign = h('span', { class: 'sort-sign', 'aria-hidden': 'true' });
    const header = h(
      'th',
      { role: 'columnheader', scope: 'col' },
      h('button', { class: 'sort', type: 'button', on: { click } }, label, sign),
    );
    return {
      element: header,
      /** @param {import('../fleet/table-query.js').TableSort} sort */
      show(sort) {
        const isOn = sort === first || sort === second;
        const isDown = sort.startsWith('-');
        setAttribute(header, 'aria-sort', isOn ? (isDown ? 'descending' : 'ascending') : null);
        setAttribute(sign, 'data-sort', isOn ? (isDown ? 'down' : 'up') : null);
      },
    };
  }

  /** @param {import('../fleet/known-instance.js').KnownInstance} instance */
  const rowOf = (instance) => {
    const known = rows.get(instance.id);
    // All that is said to who cannot see the row has the name in it.
    if (known !== undefined && known.name === instance.name) return known.row;
    const row = instanceRow(context, selection, instance);
    rows.set(instance.id, { row, name: instance.name });
    row.choose(selection.has(instance.id));
    return row;
  };

  /** @param {TableState} state */
  const drawRows = ({ rows: instances, query, shown }) => {
    const present = new Set(instances.map(({ id }) => id));
    for (const id of rows.keys()) if (!present.has(id)) rows.delete(id);
    const elements = instances.map((instance) => {
      const row = rowOf(instance);
      row.update(instance, matches(instance, shown?.query ?? query));
      return row.element;
    });
    const focused = document.activeElement;
    const hadFocus = focused !== null && body.contains(focused);
    const place = hadFocus ? [...body.children].findIndex((child) => child.contains(focused)) : -1;
    arrange(body, elements);
    if (hadFocus && !focused.isConnected) giveFocusNear(body, place);
  };

  const drawChoice = () => {
    for (const [id, { row }] of rows) row.choose(selection.has(id));
    const extent = extentOf(selection.ids.get().size, rows.size);
    chooseAll.checked = extent === 'all';
    chooseAll.indeterminate = extent === 'some';
  };

  /** @type {readonly unknown[]} */
  let drawn = [];
  fleet.table.state.watch((state) => {
    name.show(state.query.sort);
    created.show(state.query.sort);
    setHidden(element, state.rows.length === 0);
    setAttribute(element, 'data-stale', state.problem === null ? null : '');
    setAttribute(element, 'data-turning', isTurning(state) ? '' : null);
    setAttribute(table, 'aria-busy', String(isTurning(state)));
    if (drawn[0] === state.rows && drawn[1] === state.shown) return;
    drawn = [state.rows, state.shown];
    drawRows(state);
    selection.keep(state.rows);
    drawChoice();
  }, signal);
  selection.ids.watch(drawChoice, signal);
  const tick = (/** @type {number} */ nowMs) => {
    for (const { row } of rows.values()) row.tick(nowMs);
  };
  onTick(tick, signal);
  // Whether auto-stop works at all stands with the figures.
  fleet.dashboard.watch(() => tick(Date.now()), signal);
  return element;
}

/**
 * The focus was in a row that is gone: it goes on in the one that took its place.
 *
 * @param {Element} body
 * @param {number} place
 */
function giveFocusNear(body, place) {
  const row = body.children[Math.min(place, body.children.length - 1)];
  const heir = row?.querySelector('.cell-actions button');
  if (heir instanceof HTMLElement) heir.focus({ preventScroll: true });
}

/**
 * @param {string} label
 * @param {string} [cell]
 */
function plainHeader(label, cell) {
  return h('th', { role: 'columnheader', scope: 'col', class: cell }, label);
}

/**
 * @typedef {import('../fleet/known-instance.js').KnownInstance} KnownInstance
 * @typedef {ReturnType<typeof instanceRow>} InstanceRow
 */

/** A mark that comes and goes at once; one that fades would be painted anew in every frame, in a burst for all rows. */
const FRESH_MS = 1_500;

/**
 * One row of the table. It touches only what differs from what it shows.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {import('./bulk-bar.js').Selection} selection
 * @param {KnownInstance} first
 */
function instanceRow(context, selection, first) {
  const { id } = first;
  /** @type {KnownInstance | null} */
  let shown = null;
  let wasMatch = true;
  let freshUntilMs = 0;

  const check = h('input', {
    type: 'checkbox',
    'aria-label': `Select ${first.name}`,
    on: { change: () => selection.set([id], check.checked) },
  });
  const name = nameCell(context, first);
  const status = statusCell();
  const facts = factCells();
  const connect = connectCell(context);
  const action = actionCell(context, first);
  const element = h(
    'tr',
    { role: 'row', data: { id } },
    context.session.mayCommand &&
      h('td', { role: 'cell', class: 'cell-check' }, h('label', { class: 'check-target' }, check)),
    name.element,
    status.element,
    facts.elements,
    connect.element,
    action.element,
  );

  /** @param {number} nowMs */
  const tick = (nowMs) => {
    if (shown === null) return;
    if (nowMs >= freshUntilMs) setAttribute(element, 'data-fresh', null);
    status.tick(shown, nowMs, context.fleet.confirmPatienceMs);
    facts.tick(shown, nowMs, context.fleet.dashboard.get()?.autoStop);
  };
  return {
    element,
    tick,
    /** @param {boolean} isChosen */
    choose(isChosen) {
      if (check.checked !== isChosen) check.checked = isChosen;
      setAttribute(element, 'data-chosen', isChosen ? '' : null);
    },
    /**
     * @param {KnownInstance} instance
     * @param {boolean} isMatch
     */
    update(instance, isMatch) {
      if (instance === shown && isMatch === wasMatch) return;
      const isNewest = shown !== null && instance.revision !== shown.revision;
      shown = instance;
      wasMatch = isMatch;
      setAttribute(element, 'data-left', isMatch ? null : '');
      setAttribute(element, 'data-status', instance.status);
      name.update(instance);
      status.update(instance, isMatch);
      facts.update(instance);
      connect.update(instance);
      action.update(instance);
      const nowMs = Date.now();
      if (isNewest) {
        freshUntilMs = nowMs + FRESH_MS;
        setAttribute(element, 'data-fresh', '');
      }
      tick(nowMs);
    },
  };
}
