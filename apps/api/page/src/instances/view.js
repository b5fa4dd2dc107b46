import { LiveRead } from '../fleet/live-read.js';
import { followAddress } from '../fleet/table-address.js';
import { h } from '../ui/dom.js';
import { icon } from '../ui/icons.js';
import { menuButton } from '../ui/menu.js';
import { Store } from '../ui/store.js';
import { bulkBarView } from './bulk-bar.js';
import { columnMenu } from './column-menu.js';
import { readColumns } from './columns.js';
import { figuresLine } from './figures-line.js';
import { filtersView } from './filters.js';
import { SUMMARY_PATH } from './fleet-summary.js';
import { instanceTableView } from './instances-table.js';
import { pagerView } from './pager.js';
import { Selection } from './selection.js';
import { tableStatesView } from './table-states.js';
import { INSTANCES } from './words.js';

/** The instances of the fleet: the view that the page begins with. */

export const title = INSTANCES.title;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { fleet, session, place, signal } = view;
  const update = followAddress(fleet.table, place, signal);
  fleet.useTable(signal);
  /** @type {import('./fleet-summary.js').SummaryRead} */
  const summary = new LiveRead(
    fleet,
    SUMMARY_PATH,
    signal,
    (type) => type.startsWith('instance.') || type === 'sync.completed',
  );
  const selection = new Selection();
  const columns = new Store(readColumns());
  const table = instanceTableView(view, selection, columns);
  const heading = h('h1', { class: 'visually-hidden', tabindex: '-1' }, title);
  host.append(
    heading,
    figuresLine(view, summary),
    h('div', { class: 'toolbar' }, filtersView(view, summary), toolbarCommands(view, columnMenu(columns, signal))),
    tableStatesView(view),
    table.element,
    h(
      'div',
      { class: 'table-foot' },
      pagerView(view),
      session.mayCommand && bulkBarView(view, selection, () => heading.focus()),
    ),
  );
  return { update, shown: Promise.all([fleet.ahead, summary.read()]).then(table.isWhole) };
}

/**
 * What concerns the fleet as a whole, at the end of the line of filters.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {HTMLElement} chooseColumns
 */
function toolbarCommands({ actions }, chooseColumns) {
  const create = actions.ofFleet('create');
  const others = [actions.ofFleet('stopAll'), actions.ofFleet('syncNow')].filter((action) => action !== null);
  const more =
    others.length > 0 &&
    menuButton({
      name: INSTANCES.more,
      label: icon('more'),
      buttonClass: 'button icon',
      items: () => others.map(({ text, run }) => ({ label: text, pick: () => void run() })),
    });
  const click = () => void create?.run();
  const make =
    create !== null &&
    h('button', { class: 'button primary', type: 'button', on: { click } }, icon('plus'), create.text.replace('…', ''));
  return h('div', { class: 'toolbar-commands' }, chooseColumns, more, make);
}
