import { fill, h, setHidden, setText } from '../ui/dom.js';
import { violationLine } from '../ui/form-fields.js';
import { usdPerHour } from '../ui/format.js';
import { gpuChoices } from './offers.js';
import { CREATE } from './words.js';

/** @typedef {import('./offers.js').GpuChoice} GpuChoice */

/** From so many on, a list is searched rather than read. */
const SEARCHED_FROM = 8;

/** So many prices stand in a row, each with so many regions; the others are counted, and stand in the field of the region. */
const MOST_PRICES = 3;
const MOST_PLACES = 3;

/**
 * Chooses a GPU by name. One that cannot be had says why, and may be chosen all the same: what there is instead is shown
 * then.
 *
 * @param {() => void} onChange
 */
export function gpuPicker(onChange) {
  const list = h('div', { class: 'gpu-list', role: 'presentation' });
  const violation = violationLine('gpu-error');
  const filter = h('input', {
    class: 'input',
    type: 'search',
    placeholder: CREATE.find,
    'aria-label': CREATE.find,
    autocomplete: 'off',
    hidden: true,
  });
  const element = h(
    'fieldset',
    { class: 'field-group', 'aria-describedby': violation.id },
    h('legend', {}, CREATE.gpu),
    // Above the list, which may be longer than the window.
    violation,
    filter,
    list,
  );
  let chosen = '';
  /** @type {readonly GpuChoice[]} */
  let choices = [];

  const showRows = () => {
    const wanted = filter.value.trim().toLowerCase();
    const shown = choices.filter(({ name }) => name === chosen || name.toLowerCase().includes(wanted));
    const none = choices.length === 0 ? CREATE.noGpus : CREATE.noSuchGpu;
    fill(list, shown.length === 0 ? h('p', { class: 'quiet' }, none) : shown.map(row));
  };
  /** @param {GpuChoice} choice */
  const row = (choice) => {
    const input = h('input', { type: 'radio', name: 'gpu', value: choice.name, checked: choice.name === chosen });
    input.addEventListener('change', () => {
      chosen = choice.name;
      onChange();
    });
    const { rejection, fromUsd } = choice;
    return h(
      'label',
      { class: 'gpu-row', data: { rejection } },
      input,
      h('span', { class: 'gpu-name' }, choice.name, h('span', { class: 'quiet' }, placesMessage(choice))),
      rejection !== '' && h('span', { class: 'badge', data: { tone: 'idle' } }, REJECTIONS[rejection]),
      h('span', { class: 'numeric' }, fromUsd === null ? '–' : priceOf(choice, usdPerHour(fromUsd))),
    );
  };
  filter.addEventListener('input', (event) => {
    // It searches, and is no part of what is created.
    event.stopPropagation();
    showRows();
  });
  filter.addEventListener('keydown', (event) => {
    // Enter sends the form everywhere else in it.
    if (event.key === 'Enter') event.preventDefault();
  });

  const firstRow = () =>
    /** @type {HTMLElement | null} */ (
      list.querySelector('input:checked') ?? list.querySelector('.gpu-row[data-rejection=""] input')
    );
  /** @param {string} detail */
  const showViolation = (detail) => {
    setText(violation, detail);
    return firstRow() ?? filter;
  };
  const clearViolation = () => setText(violation, '');
  return {
    element,
    // A violation may point to the name of a product or to its id.
    fields: ['/productName', '/productId'].map((pointer) => ({ pointer, element, showViolation, clearViolation })),
    productName: () => chosen,
    /** @returns {GpuChoice | null} */
    choice: () => choices.find(({ name }) => name === chosen) ?? null,
    choices: () => choices,
    /** @param {string} name */
    choose: (name) => {
      chosen = name;
      filter.value = '';
      clearViolation();
      showRows();
    },
    /** @param {readonly import('./offers.js').GpuOffers[]} gpus */
    show: (gpus) => {
      const focused = document.activeElement;
      const hadFocus = focused instanceof HTMLInputElement && list.contains(focused);
      choices = gpuChoices(gpus);
      setHidden(filter, choices.length < SEARCHED_FROM);
      showRows();
      if (hadFocus) firstRow()?.focus();
    },
  };
}

/** @type {Readonly<Record<import('./offers.js').Unavailable, string>>} */
const REJECTIONS = { 'out-of-stock': CREATE.outOfStock, 'not-offered': CREATE.notOffered };

/**
 * The price in each region, those of the same price together: `$0.33/h in EU-01; $0.37/h in CN-HK-01`.
 *
 * @param {Pick<GpuChoice, 'places' | 'isAnywhere' | 'fromUsd' | 'emptyIn'>} choice
 */
export function placesMessage({ places, isAnywhere, fromUsd, emptyIn }) {
  const groups = [...Map.groupBy(places, ({ usdPerHour: usd }) => usdPerHour(usd))];
  const priced = groups.slice(0, MOST_PRICES).map(([price, same]) => CREATE.offer(price, namesOf(same)));
  if (places.length === 0 && isAnywhere && fromUsd !== null) priced.push(CREATE.offerAnywhere(usdPerHour(fromUsd)));
  const others = groups.slice(MOST_PRICES).reduce((sum, [, same]) => sum + same.length, 0);
  if (others > 0) priced.push(CREATE.moreOffers(others));
  if (emptyIn.length > 0 && priced.length > 0) priced.push(CREATE.noneIn(emptyIn.join(', ')));
  return priced.join('; ');
}

/** @param {readonly import('./offers.js').Place[]} places */
function namesOf(places) {
  const names = places.slice(0, MOST_PLACES).map(({ name }) => name);
  const others = places.length - names.length;
  return [...names, ...(others > 0 ? [CREATE.moreOffers(others)] : [])].join(', ');
}

/** @param {Pick<GpuChoice, 'places'>} choice @param {string} least */
function priceOf({ places }, least) {
  return places.every(({ usdPerHour: usd }) => usdPerHour(usd) === least) ? least : CREATE.from(least);
}
