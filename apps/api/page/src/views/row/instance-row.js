import { h } from '../../dom/h.js';
import { setAttribute } from '../../dom/update.js';
import { actionCell } from './action-cell.js';
import { connectCell } from './connect-cell.js';
import { factCells } from './fact-cells.js';
import { nameCell } from './name-cell.js';
import { statusCell } from './status-cell.js';

/**
 * @typedef {import('../../state/newest-instance.js').KnownInstance} KnownInstance
 * @typedef {ReturnType<typeof instanceRow>} InstanceRow
 */

/** A mark that comes and goes at once; one that fades would be painted anew in every frame, in a burst for all rows. */
const FRESH_MS = 1_500;

/**
 * One row of the table. It touches only what differs from what it shows.
 *
 * @param {import('../../app/context.js').AppContext} context
 * @param {import('../../state/selection.js').Selection} selection
 * @param {KnownInstance} first
 */
export function instanceRow(context, selection, first) {
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
    status.tick(shown, nowMs);
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
      const isNews = shown !== null && instance.revision !== shown.revision;
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
      if (isNews) {
        freshUntilMs = nowMs + FRESH_MS;
        setAttribute(element, 'data-fresh', '');
      }
      tick(nowMs);
    },
  };
}
