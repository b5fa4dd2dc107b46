import { h, setAttribute } from '../ui/dom.js';
import { actionCell } from './action-cell.js';
import { CELLS } from './cells.js';
import { INSTANCES } from './words.js';

/**
 * @typedef {import('../fleet/known-instance.js').KnownInstance} KnownInstance
 * @typedef {ReturnType<typeof instanceRow>} InstanceRow
 */

/** A mark that comes and goes at once; one that fades would be painted anew in every frame, in a burst for all rows. */
const FRESH_MS = 1_500;

/**
 * One row of the table. It touches only what differs from what it shows.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {import('./selection.js').Selection} selection
 * @param {readonly import('./columns.js').ColumnName[]} columns
 * @param {KnownInstance} first
 */
export function instanceRow(context, selection, columns, first) {
  const { fleet, session } = context;
  const { id } = first;
  /** @type {KnownInstance | null} */
  let shown = null;
  let wasMatch = true;
  let freshUntilMs = 0;

  const check = h('input', {
    type: 'checkbox',
    'aria-label': INSTANCES.select(first.name),
    on: { change: () => selection.set([id], check.checked) },
  });
  const cells = columns.map((column) => CELLS[column](first));
  const action = actionCell(context, first);
  const element = h(
    'tr',
    { role: 'row', data: { id } },
    session.mayCommand && h('td', { role: 'cell', class: 'cell-check' }, h('label', { class: 'check-target' }, check)),
    cells.map((cell) => cell.element),
    action.element,
  );

  /** @param {number} nowMs */
  const momentAt = (nowMs) => ({ nowMs, confirmPatienceMs: fleet.confirmPatienceMs, autoStop: fleet.autoStop() });
  /** @param {number} nowMs */
  const tick = (nowMs) => {
    if (shown === null) return;
    if (nowMs >= freshUntilMs) setAttribute(element, 'data-fresh', null);
    const moment = momentAt(nowMs);
    for (const cell of cells) cell.tick?.(shown, moment, wasMatch);
  };
  // Not before: times in full are slow to make, and of most rows nobody reads them.
  element.addEventListener('pointerenter', () => {
    if (shown === null) return;
    const moment = momentAt(Date.now());
    for (const { element: cell, hint } of cells) {
      if (hint !== undefined) setAttribute(cell, 'title', hint(shown, moment, wasMatch) || null);
    }
  });
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
      for (const cell of cells) cell.update?.(instance, isMatch);
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
