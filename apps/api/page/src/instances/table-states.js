import { kindOfEmpty } from '../fleet/table-state.js';
import { problemText } from '../net/problem.js';
import { actionButton, whileBusy } from '../ui/buttons.js';
import { fill, h, setHidden, setText } from '../ui/dom.js';
import { clockTime } from '../ui/format.js';
import { emptyState, skeleton } from '../ui/parts.js';
import { watchAll } from '../ui/store.js';
import { UI } from '../ui/words.js';
import { clearFilters } from './filters.js';
import { INSTANCES } from './words.js';

/** @typedef {import('../fleet/table-state.js').TableState} TableState */

/**
 * Stands in the table's place, or above it, while there is no page to show.
 *
 * @param {import('../routing/router.js').ViewContext} context
 */
export function tableStatesView(context) {
  const { fleet, signal } = context;
  const { table } = fleet;
  const bars = skeleton(10);
  const problem = problemBanner(() => table.load());
  const nothing = h('div', {});
  /** @type {string | null} */
  let drawn = null;
  watchAll(
    [table.state, fleet.dashboard],
    () => {
      const state = table.state.get();
      const unknown = fleet.dashboard.get()?.unknown?.message ?? null;
      setHidden(bars, state.isLoaded || state.problem !== null);
      problem.show(state);
      const empty = kindOfEmpty(state);
      setHidden(nothing, empty === null);
      const kind = empty !== null && unknown !== null ? unknown : empty;
      if (kind === drawn) return;
      drawn = kind;
      // An empty list claims nothing while no listing of Novita has completed.
      if (empty !== null && unknown !== null) fill(nothing, emptyState(INSTANCES.notKnown, unknown));
      else
        fill(nothing, kind === 'no-match' ? noMatch(context) : kind === 'no-instances' ? noInstances(context) : null);
    },
    signal,
  );
  return h('div', { class: 'table-states' }, problem.element, nothing, bars);
}

/** @param {() => Promise<void>} load */
function problemBanner(load) {
  const text = h('p', {});
  const again = h(
    'button',
    { class: 'button small', type: 'button', on: { click: () => void whileBusy(again, load) } },
    UI.tryAgain,
  );
  const element = h('div', { class: 'banner row between', data: { tone: 'bad' }, role: 'alert' }, text, again);
  return {
    element,
    /** @param {TableState} state */
    show({ problem, rows, loadedAtMs }) {
      setHidden(element, problem === null);
      if (problem === null) return;
      const isOld = rows.length > 0 && loadedAtMs !== null;
      const age = isOld ? INSTANCES.shownFrom(clockTime(new Date(loadedAtMs).toISOString())) : '';
      setText(text, [INSTANCES.failed, problemText(problem), age].filter(Boolean).join(' '));
    },
  };
}

/** @param {import('../fleet/context.js').AppContext} context */
function noMatch({ fleet }) {
  const click = () => void clearFilters(fleet.table);
  const clear = h('button', { class: 'button', type: 'button', on: { click } }, INSTANCES.clear);
  return emptyState(INSTANCES.noMatch, INSTANCES.noMatchHint, clear);
}

/** @param {import('../fleet/context.js').AppContext} context */
function noInstances({ session, actions }) {
  const create = actions.ofFleet('create');
  const syncNow = actions.ofFleet('syncNow');
  return emptyState(
    INSTANCES.none,
    session.mayCommand ? INSTANCES.noneHint : INSTANCES.noneHintForReaders,
    create !== null && actionButton(create, { class: 'button primary' }),
    syncNow !== null && actionButton(syncNow, { text: `${syncNow.text}…` }),
  );
}
