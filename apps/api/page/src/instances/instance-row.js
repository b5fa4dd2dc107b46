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
  /** What the row is to show, and what it shows; the same when nothing has changed since. */
  let next = { instance: first, isMatch: true };
  /** @type {typeof next | null} */
  let shown = null;
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
  /** Draws what is new, and how long it has lasted. @param {number} nowMs */
  const draw = (nowMs) => {
    const { instance, isMatch } = next;
    if (next !== shown) {
      const isNewest = shown !== null && instance.revision !== shown.instance.revision;
      if (isNewest) freshUntilMs = nowMs + FRESH_MS;
      shown = next;
      setAttribute(element, 'data-left', isMatch ? null : '');
      setAttribute(element, 'data-status', instance.status);
      for (const cell of cells) cell.update?.(instance, isMatch);
      action.update(instance);
    }
    setAttribute(element, 'data-fresh', nowMs < freshUntilMs ? '' : null);
    const moment = momentAt(nowMs);
    for (const cell of cells) cell.tick?.(instance, moment, isMatch);
  };
  // Not before: times in full are slow to make, and of most rows nobody reads them.
  element.addEventListener('pointerenter', () => {
    const { instance, isMatch } = next;
    const moment = momentAt(Date.now());
    for (const { element: cell, hint } of cells) {
      if (hint !== undefined) setAttribute(cell, 'title', hint(instance, moment, isMatch) || null);
    }
  });
  return {
    element,
    draw,
    /** @param {boolean} isChosen */
    choose(isChosen) {
      if (check.checked !== isChosen) check.checked = isChosen;
      setAttribute(element, 'data-chosen', isChosen ? '' : null);
    },
    /**
     * A new row draws itself at once; any other when it is told to.
     *
     * @param {KnownInstance} instance
     * @param {boolean} isMatch
     * @returns {boolean} whether it is to be drawn
     */
    update(instance, isMatch) {
      if (shown !== null && instance === next.instance && isMatch === next.isMatch) return next !== shown;
      next = { instance, isMatch };
      if (shown !== null) return true;
      draw(Date.now());
      return false;
    },
  };
}
