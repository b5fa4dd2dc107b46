import { parametersOf } from '../fleet/table-query.js';
import { h, setHidden, setText } from '../ui/dom.js';
import { counted, formatCount } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { menuButton } from '../ui/menu.js';
import { watchAll } from '../ui/store.js';
import { BULK } from './words.js';

/** The commands that are given most often stand in the bar, the rest in a menu. */
const IN_THE_BAR = new Set(['start', 'stop', 'restart']);

/**
 * The actions for all selected rows, or for everything that matches the filters.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {import('./selection.js').Selection} selection
 * @param {() => void} onClear moves the focus, which goes with the bar
 */
export function bulkBarView({ fleet, actions, signal }, selection, onClear) {
  const { table } = fleet;
  const chosen = () => table.state.get().rows.filter(({ id }) => selection.has(id));
  /** @returns {import('../fleet/context.js').BulkTarget} */
  const target = () => {
    const { sort: _order, ...filter } = parametersOf(table.state.get().query);
    const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''));
    return selection.isEverything.get() ? { filter: given } : { ids: [...selection.ids.get()] };
  };
  /** @param {import('../fleet/context.js').BulkAction} action */
  const fitting = (action) => chosen().filter((instance) => action.objection(instance) === '').length;

  const count = h('p', { class: 'numeric', role: 'status' });
  const everything = h('button', { class: 'link', type: 'button' });
  everything.addEventListener('click', () => {
    const { rows, total } = table.state.get();
    selection.set(
      rows.map(({ id }) => id),
      true,
    );
    if (total !== null && total > rows.length) selection.isEverything.set(true);
  });
  const buttons = actions.forSelection
    .filter(({ action }) => IN_THE_BAR.has(action))
    .map((action) => {
      const click = () => void action.run(target());
      return { action, button: h('button', { class: 'button', type: 'button', on: { click } }, `${action.verb}…`) };
    });
  const more = menuButton({
    name: BULK.more,
    label: icon('more'),
    buttonClass: 'button icon',
    items: () =>
      actions.forSelection
        .filter((action) => !IN_THE_BAR.has(action.action) && (selection.isEverything.get() || fitting(action) > 0))
        .map((action) => ({
          label: `${action.verb}…`,
          pick: () => void action.run(target()),
          isDangerous: action.action === 'delete',
        })),
  });
  const clear = () => {
    selection.clear();
    onClear();
  };
  const element = h(
    'div',
    { class: 'bulk-bar', role: 'group', 'aria-label': BULK.bar },
    count,
    everything,
    h(
      'div',
      { class: 'bulk-buttons' },
      buttons.map(({ button }) => button),
      more,
      h('button', { class: 'button plain', type: 'button', on: { click: clear } }, BULK.clear),
    ),
  );

  watchAll(
    [selection.ids, selection.isEverything, table.state],
    () => {
      const instances = chosen();
      const isEverything = selection.isEverything.get();
      const { total, rows } = table.state.get();
      setHidden(element, instances.length === 0);
      if (instances.length === 0) return;
      const all = formatCount(total ?? rows.length);
      setText(count, isEverything ? BULK.allSelected(all) : BULK.selected(counted(instances.length)));
      // Offered from the first row on: a phone has no box for all.
      setHidden(everything, isEverything || total === null || instances.length >= total);
      setText(everything, BULK.selectAll(all));
      for (const { action, button } of buttons) setHidden(button, !isEverything && fitting(action) === 0);
    },
    signal,
  );
  return element;
}
