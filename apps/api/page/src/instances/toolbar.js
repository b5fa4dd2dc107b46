import { INSTANCE_STATUSES, statusLabel } from '../fleet/status.js';
import { DEFAULT_QUERY, hasFilters, isSearchable } from '../fleet/table-query.js';
import { h, refill, setAttribute, setHidden, setText } from '../ui/dom.js';
import { formatCount } from '../ui/format.js';
import { popup } from '../ui/popup.js';

const TYPING_MS = 250;

/** @type {readonly {readonly sort: import('../fleet/table-query.js').TableSort, readonly text: string}[]} */
const SORTS = [
  { sort: '-createdAt', text: 'Newest first' },
  { sort: 'createdAt', text: 'Oldest first' },
  { sort: 'name', text: 'Name A–Z' },
  { sort: '-name', text: 'Name Z–A' },
];

/**
 * The filters of the table.
 *
 * @param {import('../routing/router.js').ViewContext} context
 */
export function toolbarView(context) {
  const { fleet, signal } = context;
  const violation = h('p', { id: 'search-error', class: 'field-error', role: 'alert' });
  const search = h('input', {
    id: 'search',
    class: 'input search',
    type: 'search',
    placeholder: 'Part of the name, or id',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-label': 'Search by part of the name, or by id',
    'aria-describedby': 'search-error',
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
    setText(violation, isFine ? '' : 'Names hold letters, digits and hyphens, up to 200 of them.');
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
    SORTS.map(({ sort: value, text }) => h('option', { value }, text)),
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
  fleet.table.state.watch(({ query }) => {
    setHidden(clear, !hasFilters(query));
    if (sort.value !== query.sort) sort.value = query.sort;
    // The page does not replace a text that somebody is typing.
    if (timer === undefined && search.value.trim() !== query.name && isSearchable(search.value.trim())) {
      search.value = query.name;
    }
  }, signal);
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
    violation,
  );
}

/** @param {import('../fleet/instance-table.js').InstanceTable} table */
export function clearFilters(table) {
  const { statuses, region, name } = DEFAULT_QUERY;
  return table.setQuery({ statuses, region, name });
}

/** @typedef {import('../net/api-types.js').InstanceStatus} InstanceStatus */

/**
 * Which statuses the table shows.
 *
 * @param {import('../routing/router.js').ViewContext} context
 */
function statusFilterView({ fleet, signal }) {
  const { table } = fleet;
  const boxes = INSTANCE_STATUSES.map((status) => {
    const count = h('span', { class: 'quiet numeric' });
    const box = h('input', { type: 'checkbox', value: status, on: { change: () => choose() } });
    return { status, box, count, element: h('label', { class: 'check' }, box, statusLabel(status), count) };
  });
  const choose = () => {
    const statuses = boxes.filter(({ box }) => box.checked).map(({ status }) => status);
    void table.setQuery({ statuses: isUsual(statuses) ? [] : statuses });
  };
  /**
   * @param {string} text
   * @param {readonly InstanceStatus[]} statuses
   */
  const preset = (text, statuses) =>
    h(
      'button',
      { class: 'button small', type: 'button', on: { click: () => void table.setQuery({ statuses }) } },
      text,
    );

  const text = h('span', {});
  const filter = popup({
    label: [text, h('span', { class: 'sign', 'aria-hidden': 'true' }, '▾')],
    name: 'Statuses to show',
    content: h(
      'div',
      { class: 'status-filter' },
      h('div', { class: 'row' }, preset('All', INSTANCE_STATUSES), preset('All but terminated', [])),
      h(
        'div',
        { class: 'status-boxes' },
        boxes.map(({ element }) => element),
      ),
    ),
  });

  table.state.watch(({ query: { statuses } }) => {
    setText(text, `Status: ${chosenLabel(statuses)}`);
    setAttribute(filter.button, 'data-on', statuses.length > 0 ? '' : null);
    // With none chosen all boxes are empty, so that one press shows a single status.
    for (const { status, box } of boxes) box.checked = statuses.includes(status);
  }, signal);
  fleet.dashboard.watch((dashboard) => {
    for (const { status, count } of boxes) {
      setText(
        count,
        dashboard === null || dashboard.unknown !== undefined
          ? ''
          : formatCount(dashboard.counts.byStatus[status] ?? 0),
      );
    }
  }, signal);
  return filter.element;
}

/** @param {readonly InstanceStatus[]} statuses */
function chosenLabel(statuses) {
  const [first] = statuses;
  if (first === undefined) return 'all but terminated';
  if (statuses.length === 1) return statusLabel(first);
  return statuses.length === INSTANCE_STATUSES.length ? 'any' : `${statuses.length} chosen`;
}

/**
 * Whether these are what is shown when nobody chooses.
 *
 * @param {readonly InstanceStatus[]} statuses
 */
function isUsual(statuses) {
  return statuses.length === INSTANCE_STATUSES.length - 1 && !statuses.includes('terminated');
}

/**
 * Filters by region: offers those that Novita has, and those of the instances shown here.
 *
 * @param {import('../routing/router.js').ViewContext} context
 */
function regionFilterView({ fleet, http, signal }) {
  const { table } = fleet;
  /** @type {Set<string>} */
  const known = new Set();
  let isAsked = false;
  const select = h('select', {
    class: 'select region-select',
    'aria-label': 'Region',
    on: { change: () => void table.setQuery({ region: select.value }) },
  });

  const draw = () => {
    const { region } = table.state.get().query;
    refill(select, [...known].sort(), () => [
      h('option', { value: '' }, 'Any region'),
      [...known].sort().map((name) => h('option', { value: name }, name)),
    ]);
    if (select.value !== region) select.value = region;
  };
  const ask = async () => {
    try {
      const { body } = await http.get('/api/v1/clusters');
      for (const { name } of body.clusters) known.add(name);
      draw();
    } catch {
      // Those that are on the page are offered all the same; the next reload of the page asks again.
    }
  };
  /** @type {unknown} */
  let drawnRows;
  table.state.watch(({ rows, query, isLoaded }) => {
    if (query.region !== '') known.add(query.region);
    if (rows !== drawnRows) for (const { region } of rows) if (region !== undefined && region !== '') known.add(region);
    drawnRows = rows;
    draw();
    // After the rows, which somebody waits for.
    if (!isLoaded || isAsked) return;
    isAsked = true;
    void ask();
  }, signal);
  return select;
}
