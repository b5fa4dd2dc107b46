import { whileBusy } from '../dom/busy.js';
import { fill, h, setText } from '../dom/h.js';
import { setHidden } from '../dom/update.js';
import { clockTime } from '../format/time.js';
import { problemText } from '../http/problem.js';
import { kindOfEmpty } from '../state/table-state.js';
import { watchAll } from '../state/watch-all.js';
import { clearFilters } from './toolbar.view.js';

/** @typedef {import('../state/table-state.js').TableState} TableState */

const SKELETON_ROWS = 8;

/**
 * What stands in the table's place, or above it, while there is no page to show.
 *
 * @param {import('../app/context.js').AppContext} context
 */
export function tableStatesView(context) {
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
  watchAll([table.state, context.fleet.dashboard], () => {
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
    else fill(nothing, kind === 'no-match' ? noMatch(context) : kind === 'no-instances' ? noInstances(context) : null);
  });
  return element;
}

/** @param {() => Promise<void>} load */
function problemBanner(load) {
  const words = h('p', {});
  const again = h(
    'button',
    { class: 'button small', type: 'button', on: { click: () => void whileBusy(again, load) } },
    'Try again',
  );
  const element = h('div', { class: 'banner row between', data: { tone: 'bad' }, role: 'alert' }, words, again);
  return {
    element,
    /** @param {TableState} state */
    show({ problem, rows, loadedAtMs }) {
      setHidden(element, problem === null);
      if (problem === null) return;
      const isOld = rows.length > 0 && loadedAtMs !== null;
      const age = isOld ? ` Shown is what was known on ${clockTime(new Date(loadedAtMs).toISOString())}.` : '';
      setText(words, `The instances could not be read. ${problemText(problem)}${age}`);
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

/** @param {import('../app/context.js').AppContext} context */
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

/** @param {import('../app/context.js').AppContext} context */
function noInstances({ session, actions }) {
  return [
    h('p', { class: 'empty-title' }, 'No instances yet.'),
    h(
      'p',
      { class: 'quiet' },
      session.mayCommand
        ? 'Create one here, or sync with Novita: what runs there already appears and can be adopted.'
        : 'They appear here as soon as somebody creates one, or the next sync finds some at Novita.',
    ),
    session.mayCommand &&
      h(
        'div',
        { class: 'row' },
        h('button', { class: 'button primary', type: 'button', on: { click: () => actions.create() } }, 'Create…'),
        h('button', { class: 'button', type: 'button', on: { click: () => actions.syncNow() } }, 'Sync now…'),
      ),
  ];
}
