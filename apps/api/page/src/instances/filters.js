import { INSTANCE_STATUSES, statusLabel } from '../fleet/status.js';
import { BILLING_MODES, DEFAULT_QUERY, hasFilters, IDLE_CHOICES, ORIGINS } from '../fleet/table-query.js';
import { fill, h, refill, setAttribute, setHidden, setText } from '../ui/dom.js';
import { formatCount } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { searchField } from '../ui/parts.js';
import { popup } from '../ui/popup.js';
import { watchParts } from '../ui/store.js';
import { choicesOf } from './fleet-summary.js';
import { ownerLabel } from './instance-messages.js';
import { INSTANCES } from './words.js';

/**
 * @typedef {import('../fleet/table-query.js').TableQuery} TableQuery
 * @typedef {import('./fleet-summary.js').FleetFigures} FleetFigures
 *
 * @typedef {object} Choice
 * @property {string} value
 * @property {string} text
 * @property {number | null} count null when it is not known
 */

const TYPING_MS = 250;

/**
 * The filters of the table: one text, and what each instance has one of.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {import('./fleet-summary.js').SummaryRead} summary
 */
export function filtersView(context, summary) {
  const { table } = context.fleet;
  /** @param {Partial<TableQuery>} change */
  const ask = (change) => void table.setQuery(change);
  const clear = h('button', { class: 'button plain', type: 'button' }, INSTANCES.clear);
  const search = searchView(context);
  clear.addEventListener('click', () => {
    search.input.focus();
    void clearFilters(table);
  });
  watchQuery(context, (query) => setHidden(clear, !hasFilters(query)));

  const { filter } = INSTANCES;
  const status = checklist(context, summary, {
    label: filter.status,
    chosen: ({ statuses }) => statuses,
    choices: (figures) =>
      INSTANCE_STATUSES.map((value) => ({
        value,
        text: statusLabel(value),
        count: figures?.byStatus[value]?.instances ?? (figures === null || value === 'terminated' ? null : 0),
      })),
    choose: (values) => ask({ statuses: INSTANCE_STATUSES.filter((value) => values.includes(value)) }),
    presets: [
      { text: INSTANCES.usual, values: [] },
      { text: INSTANCES.all, values: INSTANCE_STATUSES },
    ],
  });
  const product = checklist(context, summary, {
    label: filter.product,
    chosen: ({ products }) => products,
    choices: (figures, chosen) =>
      choicesOf(figures?.byProduct, chosen).map((choice) => ({ ...choice, text: choice.value })),
    choose: (products) => ask({ products }),
  });
  const region = checklist(context, summary, {
    label: filter.region,
    chosen: ({ regions }) => regions,
    choices: (figures, chosen) =>
      choicesOf(figures?.byRegion, chosen).map((choice) => ({ ...choice, text: choice.value })),
    choose: (regions) => ask({ regions }),
  });
  const owner = checklist(context, summary, {
    label: filter.owner,
    chosen: ({ owners }) => owners,
    choices: (figures, chosen) =>
      choicesOf(figures?.byOwner, chosen).map((choice) => ({ ...choice, text: ownerLabel(choice.value) })),
    choose: (owners) => ask({ owners }),
  });
  return h('div', { class: 'filters', role: 'search', 'aria-label': INSTANCES.title }, [
    search.element,
    h('div', { class: 'filter-buttons' }, status, product, region, owner, moreFilters(context, summary), clear),
  ]);
}

/** @param {import('../fleet/instance-table.js').InstanceTable} table */
export function clearFilters(table) {
  const { sort: _order, ...filters } = DEFAULT_QUERY;
  return table.setQuery(filters);
}

/** @param {import('../routing/router.js').ViewContext} context */
function searchView(context) {
  const { signal } = context;
  const { table } = context.fleet;
  const field = searchField({ label: INSTANCES.search, placeholder: INSTANCES.searchHint, id: 'search' });
  const { input } = field;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const ask = () => {
    clearTimeout(timer);
    timer = undefined;
    const search = input.value.trim();
    if (search !== table.state.get().query.search) void table.setQuery({ search });
  };
  input.maxLength = 200;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_MS);
  });
  input.addEventListener('keydown', ({ key }) => key === 'Enter' && ask());
  watchQuery(context, (query) => {
    // The page does not replace a text that somebody is typing.
    if (timer === undefined && input.value.trim() !== query.search) input.value = query.search;
  });
  signal.addEventListener('abort', () => clearTimeout(timer));
  return field;
}

/**
 * @typedef {object} Checklist
 * @property {string} label
 * @property {(query: TableQuery) => readonly string[]} chosen
 * @property {(figures: FleetFigures | null, chosen: readonly string[]) => readonly Choice[]} choices
 * @property {(values: string[]) => void} choose
 * @property {readonly {readonly text: string, readonly values: readonly string[]}[]} [presets]
 */

/**
 * A button that opens a list of boxes, and says what is chosen.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {import('./fleet-summary.js').SummaryRead} summary
 * @param {Checklist} list
 */
function checklist(context, summary, list) {
  const text = h('span', { class: 'filter-text' });
  const made = popup({
    label: [text, icon('down')],
    buttonClass: 'button filter-button',
    name: list.label,
    content: () => checkboxes(context, summary, list),
  });
  followChosen(context, made.button, text, list);
  return made.element;
}

/**
 * @param {import('../routing/router.js').ViewContext} context
 * @param {import('./fleet-summary.js').SummaryRead} summary
 * @param {Checklist} list
 */
function checkboxes({ fleet: { table }, signal }, summary, { label, chosen, choices, choose, presets = [] }) {
  const boxes = h('div', { class: 'choices', role: 'group', 'aria-label': label });
  const change = () => {
    const inputs = /** @type {HTMLInputElement[]} */ ([...boxes.querySelectorAll('input')]);
    choose(inputs.filter(({ checked }) => checked).map(({ value }) => value));
  };
  boxes.addEventListener('change', change);
  // Of the table's state the query alone: rows change ten times a second.
  watchParts(
    [table.state, summary.state],
    () => [table.state.get().query, summary.state.get().value?.figures ?? null],
    (query, figures) => {
      const values = chosen(query);
      const all = choices(figures, values);
      refill(
        boxes,
        all.map(({ value }) => value),
        () => (all.length === 0 ? h('p', { class: 'quiet' }, INSTANCES.noChoice) : all.map(checkbox)),
      );
      for (const [place, label] of [...boxes.querySelectorAll('label')].entries()) {
        const input = /** @type {HTMLInputElement} */ (label.control);
        input.checked = values.includes(input.value);
        const count = all[place]?.count ?? null;
        setText(/** @type {Element} */ (label.lastElementChild), count === null ? '' : formatCount(count));
      }
    },
    signal,
  );
  return [
    presets.length > 0 &&
      h(
        'div',
        { class: 'row' },
        presets.map(({ text, values }) =>
          h('button', { class: 'button small', type: 'button', on: { click: () => choose([...values]) } }, text),
        ),
      ),
    boxes,
  ];
}

/** @param {Choice} choice */
function checkbox({ value, text }) {
  return h(
    'label',
    { class: 'choice-line' },
    h('input', { type: 'checkbox', value }),
    h('span', { class: 'choice-text' }, text),
    h('span', { class: 'choice-count quiet numeric' }),
  );
}

/**
 * Shows on a button what is chosen, such as `Status: Ready +2`.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} text
 * @param {Checklist} list
 */
function followChosen(context, button, text, { label, chosen, choices }) {
  watchQuery(context, (query) => {
    const values = chosen(query);
    const [first] = choices(null, values).filter(({ value }) => values.includes(value));
    const more = values.length > 1 ? ` +${values.length - 1}` : '';
    setText(text, first === undefined ? label : `${label}: ${first.text}${more}`);
    setAttribute(button, 'data-on', values.length === 0 ? null : '');
  });
}

/**
 * What is seldom filtered by.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {import('./fleet-summary.js').SummaryRead} summary
 */
function moreFilters(context, summary) {
  const { table } = context.fleet;
  const { filter, origins, billings } = INSTANCES;
  /** @type {Checklist} */
  const origin = {
    label: filter.origin,
    chosen: (query) => query.origins,
    choices: (figures) =>
      ORIGINS.map((value) => ({ value, text: origins[value], count: figures?.byOrigin[value]?.instances ?? null })),
    choose: (values) => void table.setQuery({ origins: ORIGINS.filter((value) => values.includes(value)) }),
  };
  /** @type {Checklist} */
  const billing = {
    label: filter.billing,
    chosen: (query) => query.billings,
    choices: (figures) =>
      BILLING_MODES.map((value) => ({
        value,
        text: billings[value],
        count: figures?.byBilling[value]?.instances ?? null,
      })),
    choose: (values) => void table.setQuery({ billings: BILLING_MODES.filter((value) => values.includes(value)) }),
  };
  const text = h('span', { class: 'filter-text' });
  const made = popup({
    label: [text, icon('down')],
    buttonClass: 'button filter-button',
    name: filter.more,
    content: () => [
      group(filter.idle, idleSelect(context)),
      group(filter.billing, checkboxes(context, summary, billing)),
      group(filter.origin, checkboxes(context, summary, origin)),
    ],
  });
  watchQuery(context, (query) => {
    const count = query.origins.length + query.billings.length + (query.idle === '' ? 0 : 1);
    setText(text, count === 0 ? filter.more : `${filter.more}: ${count}`);
    setAttribute(made.button, 'data-on', count === 0 ? null : '');
  });
  return made.element;
}

/** @param {import('../routing/router.js').ViewContext} context */
function idleSelect(context) {
  const { table } = context.fleet;
  const select = h('select', {
    class: 'select',
    'aria-label': INSTANCES.filter.idle,
    on: { change: () => void table.setQuery({ idle: select.value }) },
  });
  watchQuery(context, ({ idle }) => {
    const times = idle === '' || IDLE_CHOICES.includes(idle) ? IDLE_CHOICES : [...IDLE_CHOICES, idle];
    refill(select, times, () => [
      h('option', { value: '' }, INSTANCES.anyIdle),
      times.map((value) => h('option', { value }, INSTANCES.idleFor(value))),
    ]);
    select.value = idle;
  });
  return select;
}

/**
 * @param {import('../routing/router.js').ViewContext} context
 * @param {(query: TableQuery) => void} listener called now, and when something else is asked for
 */
function watchQuery({ fleet: { table }, signal }, listener) {
  watchParts([table.state], () => [table.state.get().query], listener, signal);
}

/** @param {string} label @param {import('../ui/dom.js').Child} content */
function group(label, content) {
  const element = h('div', { class: 'filter-group' });
  fill(element, h('p', { class: 'filter-label' }, label), content);
  return element;
}
