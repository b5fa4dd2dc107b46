import { h, setText } from '../dom/h.js';
import { setAttribute, setHidden } from '../dom/update.js';
import { DEFAULT_QUERY, hasFilters, isSearchable } from '../state/table-query.js';
import { regionFilterView } from './region-filter.view.js';
import { statusFilterView } from './status-filter.view.js';

const TYPING_MS = 250;

/** @type {readonly {readonly sort: import('../state/table-query.js').TableSort, readonly words: string}[]} */
const SORTS = [
  { sort: '-createdAt', words: 'Newest first' },
  { sort: 'createdAt', words: 'Oldest first' },
  { sort: 'name', words: 'Name A–Z' },
  { sort: '-name', words: 'Name Z–A' },
];

/**
 * What the table is narrowed to, and what is done to the fleet as a whole.
 *
 * @param {import('../app/context.js').AppContext} context
 */
export function toolbarView(context) {
  const { fleet, session, actions } = context;
  const fault = h('p', { id: 'search-fault', class: 'field-error', role: 'alert' });
  const search = h('input', {
    id: 'search',
    class: 'input search',
    type: 'search',
    placeholder: 'Part of the name, or id',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-label': 'Search by part of the name, or by id',
    'aria-describedby': 'search-fault',
    on: { input: () => typed(), keydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && ask() },
  });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const typed = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_MS);
  };
  const ask = () => {
    clearTimeout(timer);
    timer = undefined;
    const name = search.value.trim();
    const isFine = isSearchable(name);
    setText(fault, isFine ? '' : 'Names hold letters, digits and hyphens, up to 200 of them.');
    setAttribute(search, 'aria-invalid', isFine ? null : 'true');
    if (isFine && name !== fleet.table.state.get().query.name) void fleet.table.setQuery({ name });
  };

  const sort = h(
    'select',
    {
      class: 'select sort-select',
      'aria-label': 'Order',
      on: { change: () => void fleet.table.setQuery({ sort: SORTS[sort.selectedIndex]?.sort ?? '-createdAt' }) },
    },
    SORTS.map(({ sort: value, words }) => h('option', { value }, words)),
  );
  const clear = h(
    'button',
    {
      class: 'button plain',
      type: 'button',
      on: {
        click: () => {
          search.focus();
          void clearFilters(fleet.table);
        },
      },
    },
    'Clear filters',
  );
  const commands =
    session.mayCommand &&
    h(
      'div',
      { class: 'row toolbar-commands' },
      h('button', { class: 'button danger', type: 'button', on: { click: () => actions.stopAll() } }, 'Stop all…'),
      h('button', { class: 'button primary', type: 'button', on: { click: () => actions.create() } }, 'Create…'),
    );

  fleet.table.state.watch(({ query }) => {
    setHidden(clear, !hasFilters(query));
    if (sort.value !== query.sort) sort.value = query.sort;
    // What somebody is typing is not taken from under their hands.
    if (timer === undefined && search.value.trim() !== query.name && isSearchable(search.value.trim())) {
      search.value = query.name;
    }
  });
  return h(
    'div',
    { class: 'toolbar' },
    h(
      'div',
      { class: 'row toolbar-filters', role: 'search', 'aria-label': 'Instances' },
      search,
      statusFilterView(context),
      regionFilterView(context),
      sort,
      clear,
    ),
    commands,
    fault,
  );
}

/** @param {import('../state/instance-table.js').InstanceTable} table */
export function clearFilters(table) {
  const { statuses, region, name } = DEFAULT_QUERY;
  return table.setQuery({ statuses, region, name });
}
