import { whileBusy } from '../dom/busy.js';
import { h, setText } from '../dom/h.js';
import { setHidden } from '../dom/update.js';
import { rangeWords, unseenWords } from '../format/table-words.js';
import { Selection } from '../state/selection.js';
import { MOST_UNSEEN } from '../state/table-state.js';
import { watchAll } from '../state/watch-all.js';
import { bulkBarView } from './bulk-bar.view.js';
import { instanceTableView } from './instance-table.view.js';
import { pagerView } from './pager.view.js';
import { tableStatesView } from './table-states.view.js';
import { toolbarView } from './toolbar.view.js';

/**
 * The instances: narrowed by the toolbar, a page at a time, kept up to date.
 *
 * @param {import('../app/context.js').AppContext} context
 */
export function instancesView(context) {
  const { fleet, session } = context;
  const selection = new Selection();
  const title = h('h2', { id: 'instances-title', tabindex: '-1' }, 'Instances');

  const count = h('span', { class: 'numeric quiet' });
  const unseen = h('span', { class: 'numeric' });
  const refresh = h(
    'button',
    { class: 'button small', type: 'button', on: { click: () => void whileBusy(refresh, () => fleet.table.load()) } },
    'Refresh',
  );
  const news = h('span', { class: 'row unseen' }, unseen, refresh);
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
  /** Told to who cannot see it: what somebody asked for, and not what happens by itself. */
  const told = h('p', { class: 'visually-hidden', role: 'status' });

  /** @type {import('../state/table-state.js').Shown | null} */
  let toldOf = null;
  watchAll([fleet.table.state, fleet.dashboard], () => {
    const state = fleet.table.state.get();
    const { shown, rows, total } = state;
    const isKnown = shown !== null && (rows.length > 0 || fleet.dashboard.get()?.unknown === undefined);
    const range = isKnown ? rangeWords({ page: shown.page, size: shown.size, rows: rows.length, total }) : '';
    setText(count, range);
    setHidden(news, state.unseen === 0);
    if (state.unseen > 0) setText(unseen, unseenWords(state.unseen, MOST_UNSEEN));
    const isAsked = shown !== null && (shown.query !== toldOf?.query || shown.page !== toldOf.page);
    if (isAsked && toldOf !== null) setText(told, `Instances shown: ${range}`);
    if (isAsked) toldOf = shown;
  });
  selection.ids.watch((ids) => {
    chooseAll.checked = ids.size > 0 && ids.size === fleet.table.state.get().rows.length;
    chooseAll.indeterminate = ids.size > 0 && !chooseAll.checked;
  });

  return h(
    'section',
    { class: 'instances-view card', 'aria-labelledby': 'instances-title' },
    h('div', { class: 'row instances-head' }, title, count, news, chooseAllLine),
    toolbarView(context),
    tableStatesView(context),
    instanceTableView(context, selection),
    pagerView(context, () => title.scrollIntoView({ block: 'nearest' })),
    // Last, so that it stands at the lower edge of the window wherever one has scrolled to.
    session.mayCommand && bulkBarView(context, selection, () => title.focus()),
    told,
  );
}
