import { keepPageSize } from '../fleet/table-address.js';
import { kindOfEmpty, MOST_UNSEEN, PAGE_SIZES } from '../fleet/table-state.js';
import { problemText } from '../net/problem.js';
import { actionButton, whileBusy } from '../ui/buttons.js';
import { fill, h, setAttribute, setHidden, setText } from '../ui/dom.js';
import { clockTime, formatCount as count, formatCount } from '../ui/format.js';
import { watchAll } from '../ui/store.js';
import { bulkBarView, Selection } from './bulk-bar.js';
import { instanceTableView } from './instances-table.js';
import { clearFilters, toolbarView } from './toolbar.js';

/**
 * The instances: narrowed by the toolbar, a page at a time, kept up to date.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {HTMLElement} title
 */
export function instancesView(context, title) {
  const { fleet, session, signal } = context;
  const selection = new Selection();

  const count = h('span', { class: 'numeric quiet' });
  const unseen = h('span', { class: 'numeric' });
  const refresh = h(
    'button',
    { class: 'button small', type: 'button', on: { click: () => void whileBusy(refresh, () => fleet.table.load()) } },
    'Refresh',
  );
  const unseenLine = h('span', { class: 'row unseen' }, unseen, refresh);
  const chooseAll = h('input', {
    type: 'checkbox',
    on: {
      change: () =>
        selection.set(
          fleet.table.state.get().rows.map(({ id }) => id),
          chooseAll.checked,
        ),
    },
  });
  const chooseAllLine =
    session.mayCommand && h('label', { class: 'check choose-all' }, chooseAll, 'Select all on this page');
  /** For a reader who cannot see the table: what a filter found, and not what happens by itself. */
  const announcement = h('p', { class: 'visually-hidden', role: 'status' });

  /** @type {import('../fleet/table-state.js').Shown | null} */
  let announcedFor = null;
  watchAll(
    [fleet.table.state, fleet.dashboard],
    () => {
      const state = fleet.table.state.get();
      const { shown, rows, total } = state;
      const isKnown = shown !== null && (rows.length > 0 || fleet.dashboard.get()?.unknown === undefined);
      const range = isKnown ? rangeMessage({ page: shown.page, size: shown.size, rows: rows.length, total }) : '';
      setText(count, range);
      setHidden(unseenLine, state.unseen === 0);
      if (state.unseen > 0) setText(unseen, unseenMessage(state.unseen, MOST_UNSEEN));
      const isAsked = shown !== null && (shown.query !== announcedFor?.query || shown.page !== announcedFor.page);
      if (isAsked && announcedFor !== null) setText(announcement, `Instances shown: ${range}`);
      if (isAsked) announcedFor = shown;
    },
    signal,
  );
  selection.ids.watch((ids) => {
    chooseAll.checked = ids.size > 0 && ids.size === fleet.table.state.get().rows.length;
    chooseAll.indeterminate = ids.size > 0 && !chooseAll.checked;
  }, signal);

  return h(
    'section',
    { class: 'instances-view', 'aria-label': 'Instances' },
    h('div', { class: 'row instances-head' }, count, unseenLine, chooseAllLine),
    toolbarView(context),
    tableStatesView(context),
    instanceTableView(context, selection),
    pagerView(context, () => title.scrollIntoView({ block: 'nearest' })),
    // Last, so that it stands at the lower edge of the window wherever one has scrolled to.
    session.mayCommand && bulkBarView(context, selection, () => title.focus()),
    announcement,
  );
}

/** @typedef {import('../fleet/table-state.js').TableState} TableState */

const SKELETON_ROWS = 8;

/**
 * Stands in the table's place, or above it, while there is no page to show.
 *
 * @param {import('../routing/router.js').ViewContext} context
 */
function tableStatesView(context) {
  const { table } = context.fleet;
  const skeleton = h(
    'div',
    { class: 'skeleton', 'aria-hidden': 'true' },
    Array.from({ length: SKELETON_ROWS }, () => h('div', { class: 'skeleton-row' })),
  );
  const problem = problemBanner(() => table.load());
  const nothing = h('div', { class: 'empty' });
  const element = h('div', { class: 'table-states' }, problem.element, nothing, skeleton);

  /** @type {string | null} */
  let drawn = null;
  watchAll(
    [table.state, context.fleet.dashboard],
    () => {
      const state = table.state.get();
      const unknown = context.fleet.dashboard.get()?.unknown?.message ?? null;
      setHidden(skeleton, state.isLoaded || state.problem !== null);
      problem.show(state);
      const empty = kindOfEmpty(state);
      setHidden(nothing, empty === null);
      const kind = empty !== null && unknown !== null ? unknown : empty;
      if (kind === drawn) return;
      drawn = kind;
      if (empty !== null && unknown !== null) fill(nothing, notKnown(unknown));
      else
        fill(nothing, kind === 'no-match' ? noMatch(context) : kind === 'no-instances' ? noInstances(context) : null);
    },
    context.signal,
  );
  return element;
}

/** @param {() => Promise<void>} load */
function problemBanner(load) {
  const text = h('p', {});
  const again = h(
    'button',
    { class: 'button small', type: 'button', on: { click: () => void whileBusy(again, load) } },
    'Try again',
  );
  const element = h('div', { class: 'banner row between', data: { tone: 'bad' }, role: 'alert' }, text, again);
  return {
    element,
    /** @param {TableState} state */
    show({ problem, rows, loadedAtMs }) {
      setHidden(element, problem === null);
      if (problem === null) return;
      const isOld = rows.length > 0 && loadedAtMs !== null;
      const age = isOld ? ` Shown is what was known on ${clockTime(new Date(loadedAtMs).toISOString())}.` : '';
      setText(text, `The instances could not be read. ${problemText(problem)}${age}`);
    },
  };
}

/**
 * An empty list claims nothing while no listing of Novita has completed.
 *
 * @param {string} why
 */
function notKnown(why) {
  return [h('p', { class: 'empty-title' }, 'No instance is known yet.'), h('p', { class: 'quiet' }, why)];
}

/** @param {import('../routing/router.js').ViewContext} context */
function noMatch({ fleet }) {
  return [
    h('p', { class: 'empty-title' }, 'No instance matches.'),
    h('p', { class: 'quiet' }, 'Any part of a name is found, in capital or small letters.'),
    h(
      'button',
      { class: 'button', type: 'button', on: { click: () => void clearFilters(fleet.table) } },
      'Clear filters',
    ),
  ];
}

/** @param {import('../routing/router.js').ViewContext} context */
function noInstances({ session, actions }) {
  const create = actions.ofFleet('create');
  const syncNow = actions.ofFleet('syncNow');
  return [
    h('p', { class: 'empty-title' }, 'No instances yet.'),
    h(
      'p',
      { class: 'quiet' },
      session.mayCommand
        ? 'Create one here, or sync with Novita: what runs there already appears and can be adopted.'
        : 'They appear here as soon as somebody creates one, or the next sync finds some at Novita.',
    ),
    (create ?? syncNow) !== null &&
      h(
        'div',
        { class: 'row' },
        create !== null && actionButton(create, { class: 'button primary' }),
        syncNow !== null && actionButton(syncNow, { text: `${syncNow.text}…` }),
      ),
  ];
}

/**
 * From page to page.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {() => void} onTurn a page is read on from its beginning
 */
function pagerView({ fleet, signal }, onTurn) {
  const { table } = fleet;
  /**
   * @param {string} text
   * @param {() => Promise<void>} turn
   */
  const button = (text, turn) => {
    const click = async () => {
      if (made.getAttribute('aria-disabled') === 'true') return;
      await turn();
      onTurn();
    };
    /** @type {HTMLButtonElement} */
    const made = h('button', { class: 'button', type: 'button', on: { click: () => void click() } }, text);
    return made;
  };
  const previous = button('Previous', () => table.previousPage());
  const next = button('Next', () => table.nextPage());
  const page = h('span', { class: 'numeric quiet' });
  const size = h(
    'select',
    {
      class: 'select',
      on: {
        change: () => {
          keepPageSize(Number(size.value));
          void table.setSize(Number(size.value));
        },
      },
    },
    PAGE_SIZES.map((count) => h('option', { value: String(count) }, String(count))),
  );
  const element = h(
    'nav',
    { class: 'pager', 'aria-label': 'Pages of instances' },
    h('label', { class: 'row quiet' }, 'Rows', size),
    h('div', { class: 'row' }, previous, page, next),
  );

  table.state.watch((state) => {
    setHidden(element, !state.isLoaded || (state.rows.length === 0 && state.page === 0));
    setText(page, `Page ${formatCount(state.page + 1)}`);
    // Not disabled for real: that would take the focus from a reader who pages with the keyboard.
    setAttribute(previous, 'aria-disabled', state.page === 0 ? 'true' : null);
    setAttribute(next, 'aria-disabled', state.hasNext ? null : 'true');
    if (size.value !== String(state.size)) size.value = String(state.size);
  }, signal);
  return element;
}

/**
 * Which of how many are shown, such as `51–100 of 10,000`.
 *
 * @param {{readonly page: number, readonly size: number, readonly rows: number, readonly total: number | null}} shown
 */
export function rangeMessage({ page, size, rows, total }) {
  if (rows === 0) return total === null || total === 0 ? 'none' : `none of ${count(total)}`;
  const first = page * size + 1;
  const range = rows === 1 ? count(first) : `${count(first)}–${count(first + rows - 1)}`;
  return total === null ? range : `${range} of ${count(Math.max(total, first + rows - 1))}`;
}

/**
 * @param {number} unseen
 * @param {number} most as many as are counted
 */
export function unseenMessage(unseen, most) {
  const many = unseen >= most ? `more than ${count(most - 1)}` : count(unseen);
  return unseen === 1 ? '1 change on other pages' : `${many} changes on other pages`;
}
