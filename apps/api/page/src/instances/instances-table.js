import { matches } from '../fleet/known-instance.js';
import { isTurning } from '../fleet/table-state.js';
import { arrange, fill, h, setAttribute, setHidden } from '../ui/dom.js';
import { icon } from '../ui/icons.js';
import { watchAll } from '../ui/store.js';
import { onTick } from '../ui/ticker.js';
import { COLUMNS, widthsOf } from './columns.js';
import { instanceRow } from './instance-row.js';
import { RowQueue } from './row-queue.js';
import { extentOf } from './selection.js';
import { INSTANCES } from './words.js';

/**
 * @typedef {import('../fleet/table-state.js').TableState} TableState
 * @typedef {import('./columns.js').ColumnName} ColumnName
 */

/** As flat as a row can be, and what stands above the first one at least; on a phone both are higher. */
const LEAST_ROW_PX = 44;
const LEAST_ABOVE_PX = 180;
/** A page that nobody sees paints no frame. */
const PAINTED_WITHIN_MS = 1_000;

/**
 * Rows out of view are drawn a few at a time: 50 that changed within a second and 200 within four; what 50 of them show of the
 * time is three seconds old at most, and of 200 ten.
 */
const DRAWN_UNSEEN = { changed: 5, aged: 2 };
const UNSEEN_MS = 100;

/**
 * The table itself: one row for each instance of the page, kept as long as the instance is on it. What cannot be seen of
 * the first ones is drawn when the rest has been painted: laying out all of them takes longer than all else of a first view.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {import('./selection.js').Selection} selection
 * @param {import('../ui/store.js').Store<readonly ColumnName[]>} columns
 * @returns {{readonly element: HTMLElement, readonly isWhole: () => Promise<void>}} `isWhole` ends when all rows that were known
 *   when it was called are drawn
 */
export function instanceTableView(context, selection, columns) {
  const { fleet, session, signal } = context;
  /** @type {Map<string, {readonly row: import('./instance-row.js').InstanceRow, readonly name: string}>} */
  const rows = new Map();
  const queue = new RowQueue(DRAWN_UNSEEN);
  const visibility = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const id = /** @type {HTMLElement} */ (target).dataset['id'] ?? '';
      // It may be gone by now, or another one may have its place.
      if (rows.get(id)?.row.element !== target) continue;
      if (isIntersecting) queue.enter(id);
      else queue.inView.delete(id);
    }
    drawWaiting();
  });
  signal.addEventListener('abort', () => visibility.disconnect());
  const chooseAll = h('input', {
    type: 'checkbox',
    'aria-label': INSTANCES.selectAll,
    on: { change: () => selection.set([...rows.keys()], chooseAll.checked) },
  });
  const head = tableHead(context, session.mayCommand ? chooseAll : null);
  const body = h('tbody', { role: 'rowgroup' });
  const caption = h('caption', { class: 'visually-hidden' }, INSTANCES.table);
  const table = h('table', { class: 'instances', role: 'table' }, caption, head.element, body);
  const element = h('div', { class: 'table-frame', 'data-keeps-scroll': '' }, table);

  /** @param {import('../fleet/known-instance.js').KnownInstance} instance */
  const rowOf = (instance) => {
    const known = rows.get(instance.id);
    // All that is said to who cannot see the row has the name in it.
    if (known !== undefined && known.name === instance.name) return known.row;
    if (known !== undefined) drop(instance.id);
    const row = instanceRow(context, selection, columns.get(), instance);
    rows.set(instance.id, { row, name: instance.name });
    row.choose(selection.has(instance.id));
    visibility.observe(row.element);
    return row;
  };

  /** @param {string} id */
  const drop = (id) => {
    const known = rows.get(id);
    if (known !== undefined) visibility.unobserve(known.row.element);
    rows.delete(id);
    queue.delete(id);
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  signal.addEventListener('abort', () => clearTimeout(timer));
  /** @param {readonly string[]} ids */
  const draw = (ids) => {
    const nowMs = Date.now();
    for (const id of ids) rows.get(id)?.row.draw(nowMs);
  };
  const drawWaiting = () => {
    clearTimeout(timer);
    if (signal.aborted) return;
    draw(queue.take());
    // Unless something else has rows drawn before.
    if (queue.isWaiting) timer = setTimeout(drawWaiting, UNSEEN_MS);
  };

  /** @param {TableState} state */
  const drawRows = ({ rows: instances, query, shown }) => {
    const present = new Set(instances.map(({ id }) => id));
    for (const id of rows.keys()) if (!present.has(id)) drop(id);
    const elements = instances.map((instance) => {
      const row = rowOf(instance);
      if (row.update(instance, matches(instance, shown?.query ?? query))) queue.changed.add(instance.id);
      return row.element;
    });
    drawWaiting();
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

  /** @type {Promise<void> | null} */
  let whole = null;
  /** @param {TableState} state */
  const drawFirst = (state) => {
    if (state.rows.length === 0) return;
    drawRows({ ...state, rows: state.rows.slice(0, Math.ceil((innerHeight - LEAST_ABOVE_PX) / LEAST_ROW_PX)) });
    whole = afterPaint().then(() => {
      if (signal.aborted) return;
      drawRows(fleet.table.state.get());
      drawChoice();
    });
  };

  /** @type {readonly unknown[]} */
  let drawn = [];
  columns.watch((names) => {
    head.show(names);
    const { template, least } = widthsOf(names, session.mayCommand);
    table.style.setProperty('--columns', template);
    table.style.minWidth = `${least}rem`;
    for (const id of rows.keys()) drop(id);
    fill(body);
    if (drawn.length > 0) drawRows(fleet.table.state.get());
  }, signal);
  fleet.table.state.watch((state) => {
    head.sort(state.query.sort);
    setHidden(element, state.rows.length === 0);
    setAttribute(element, 'data-stale', state.problem === null ? null : '');
    setAttribute(element, 'data-turning', isTurning(state) ? '' : null);
    setAttribute(table, 'aria-busy', String(isTurning(state)));
    if (drawn[0] === state.rows && drawn[1] === state.shown) return;
    if (drawn[1] !== undefined && state.shown?.page !== /** @type {TableState['shown']} */ (drawn[1])?.page)
      element.scrollTop = 0;
    drawn = [state.rows, state.shown];
    if (whole === null) drawFirst(state);
    else drawRows(state);
    selection.keep(state.rows);
    drawChoice();
  }, signal);
  selection.ids.watch(drawChoice, signal);
  const ageAll = () => {
    for (const id of rows.keys()) queue.aged.add(id);
  };
  const age = () => {
    ageAll();
    drawWaiting();
  };
  onTick(age, signal);
  // Paper has no view: every row is on it.
  const beforePrint = () => {
    ageAll();
    draw(queue.takeAll());
  };
  addEventListener('beforeprint', beforePrint, { signal });
  // Whether auto-stop works at all stands with the figures.
  watchAll([fleet.dashboard, fleet.health], age, signal);
  return { element, isWhole: () => whole ?? Promise.resolve() };
}

/**
 * @returns {Promise<void>} ends when the next frame stands on the screen, and the one after it, which answers what was pressed
 *   as soon as there was something to press
 */
function afterPaint() {
  return new Promise((resolve) => {
    setTimeout(resolve, PAINTED_WITHIN_MS);
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
  });
}

/**
 * The head: a button for each order.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {HTMLInputElement | null} chooseAll null for a key that may not command
 */
function tableHead({ fleet }, chooseAll) {
  const row = h('tr', { role: 'row' });
  /** @type {Map<ColumnName, HTMLElement>} */
  const heads = new Map();
  let shownSort = fleet.table.state.get().query.sort;

  /** @param {ColumnName} name */
  const headOf = (name) => {
    const [first, second] = COLUMNS[name].sorts;
    const click = () => {
      const { sort } = fleet.table.state.get().query;
      void fleet.table.setQuery({ sort: sort === first ? second : first });
    };
    const button = h('button', { class: 'sort', type: 'button', on: { click } }, INSTANCES.columns[name], icon('down'));
    const head = h('th', { role: 'columnheader', scope: 'col', class: `cell-${name}` }, button);
    heads.set(name, head);
    return head;
  };
  const sort = (/** @type {import('../fleet/table-query.js').TableSort} */ wanted) => {
    shownSort = wanted;
    for (const [name, head] of heads) {
      const isOn = COLUMNS[name].sorts.includes(wanted);
      setAttribute(head, 'aria-sort', isOn ? (wanted.startsWith('-') ? 'descending' : 'ascending') : null);
    }
  };
  return {
    element: h('thead', { role: 'rowgroup' }, row),
    sort,
    /** @param {readonly ColumnName[]} names */
    show(names) {
      heads.clear();
      fill(
        row,
        chooseAll !== null &&
          h('td', { role: 'cell', class: 'cell-check' }, h('label', { class: 'check-target' }, chooseAll)),
        names.map(headOf),
        h(
          'th',
          { role: 'columnheader', scope: 'col', class: 'cell-actions' },
          h('span', { class: 'visually-hidden' }, INSTANCES.actions),
        ),
      );
      sort(shownSort);
    },
  };
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
