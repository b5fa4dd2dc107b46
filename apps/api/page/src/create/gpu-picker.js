import { fill, h, setText } from '../ui/dom.js';
import { violationLine } from '../ui/form-fields.js';
import { usdPerHour } from '../ui/format.js';
import { gpuChoices, priceOf, usdPerGpuHour } from './offers.js';

/**
 * @typedef {import('./offers.js').GpuChoice} GpuChoice
 * @typedef {import('../net/api-types.js').GpuProductView} Product
 * @typedef {import('../net/api-types.js').Instance['billingMode']} BillingMode
 */

/** From so many on, a list is searched rather than read. */
const SEARCHED_FROM = 8;

/**
 * Chooses a GPU by name, and if wanted one of the machines that have it. A machine that is out of stock is shown and
 * cannot be chosen.
 *
 * @param {() => void} onChange
 */
export function gpuPicker(onChange) {
  const list = h('div', { class: 'gpu-list', role: 'presentation' });
  const violation = violationLine('gpu-error');
  const filter = h('input', {
    class: 'input',
    type: 'search',
    placeholder: 'Find a GPU',
    'aria-label': 'Find a GPU',
    autocomplete: 'off',
    hidden: true,
  });
  const machine = h('select', { id: 'gpu-machine', class: 'select' });
  const machineField = h(
    'div',
    { class: 'field', hidden: true },
    h('label', { for: 'gpu-machine' }, 'Machine'),
    machine,
  );
  const element = h(
    'fieldset',
    { class: 'field-group', 'aria-describedby': violation.id },
    h('legend', {}, 'GPU'),
    filter,
    list,
    violation,
    machineField,
  );
  let chosen = '';
  let wantedMachine = '';
  /** @type {readonly GpuChoice[]} */
  let choices = [];

  const showRows = () => {
    const wanted = filter.value.trim().toLowerCase();
    const shown = choices.filter(({ name }) => name === chosen || name.toLowerCase().includes(wanted));
    const none =
      choices.length === 0 ? 'GPUs are shown once prices and stock are read.' : 'No GPU has this in its name.';
    fill(list, shown.length === 0 ? h('p', { class: 'quiet' }, none) : shown.map(row));
  };
  /** @param {GpuChoice} choice */
  const row = (choice) => {
    const input = h('input', {
      type: 'radio',
      name: 'gpu',
      value: choice.name,
      checked: choice.name === chosen,
      disabled: choice.rejection !== '',
    });
    input.addEventListener('change', () => {
      chosen = choice.name;
      machine.value = '';
      onChange();
    });
    return h(
      'label',
      { class: 'gpu-row', data: { rejection: choice.rejection } },
      input,
      h('span', { class: 'gpu-name' }, choice.name, h('span', { class: 'quiet' }, placesOf(choice.products))),
      h('span', { class: 'badge', data: { tone: choice.rejection === '' ? 'ok' : 'idle' } }, stockLabel(choice)),
      h('span', { class: 'numeric' }, choice.fromUsd === null ? '–' : `from ${usdPerHour(choice.fromUsd)}`),
    );
  };
  /** @param {BillingMode} billingMode @param {number} gpuNum */
  const showMachines = (billingMode, gpuNum) => {
    const products = choices.find(({ name }) => name === chosen)?.products ?? [];
    const before = wantedMachine || machine.value;
    wantedMachine = '';
    fill(
      machine,
      h('option', { value: '' }, 'The cheapest in stock in the region'),
      products.map((product) => {
        const isOffered = usdPerGpuHour(product, billingMode) !== null;
        const price = isOffered ? usdPerHour(priceOf(product, billingMode, gpuNum)) : 'not in this billing mode';
        const size = `${product.cpuPerGpu} CPU, ${product.memoryPerGpu} GB per GPU`;
        const places = product.regions.length === 0 ? 'every region' : product.regions.join(', ');
        const stock = product.inStock ? '' : ', out of stock';
        return h(
          'option',
          { value: product.id, disabled: !product.inStock || !isOffered },
          `${price}: ${size}; ${places}${stock}`,
        );
      }),
    );
    const isThere = [...machine.options].some(({ value, disabled }) => value === before && !disabled);
    machine.value = isThere ? before : '';
    machineField.hidden = products.length < 2;
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
  machine.addEventListener('change', onChange);

  /** @param {string} detail */
  const showViolation = (detail) => {
    setText(violation, detail);
    return /** @type {HTMLElement | null} */ (list.querySelector('input:checked, input:not(:disabled)')) ?? filter;
  };
  const clearViolation = () => setText(violation, '');
  return {
    element,
    // A violation may point to the name of a product or to its id.
    fields: ['/productName', '/productId'].map((pointer) => ({ pointer, element, showViolation, clearViolation })),
    productName: () => chosen,
    productId: () => machine.value,
    /** For the next `show`; what is not to be had is not chosen then. @param {string} name @param {string} id */
    choose: (name, id) => {
      chosen = name;
      wantedMachine = id;
    },
    /**
     * @param {readonly Product[]} products
     * @param {BillingMode} billingMode
     * @param {number} gpuNum
     */
    show: (products, billingMode, gpuNum) => {
      const focused = document.activeElement;
      const hadFocus = focused instanceof HTMLInputElement && list.contains(focused);
      choices = gpuChoices(products, billingMode, gpuNum);
      if (choices.find(({ name }) => name === chosen)?.rejection !== '') chosen = '';
      filter.hidden = choices.length < SEARCHED_FROM;
      showRows();
      showMachines(billingMode, gpuNum);
      if (hadFocus) /** @type {HTMLElement | null} */ (list.querySelector('input:checked'))?.focus();
    },
  };
}

/** @param {GpuChoice} choice */
function stockLabel({ rejection, products }) {
  if (rejection === 'not-offered') return 'Not in this billing mode';
  if (rejection === 'out-of-stock') return 'Out of stock';
  return products.some(({ inStock, inventory }) => inStock && inventory !== 'low') ? 'In stock' : 'Few left';
}

/** @param {readonly Product[]} products */
function placesOf(products) {
  if (products.some(({ regions }) => regions.length === 0)) return 'every region';
  return [...new Set(products.flatMap(({ regions }) => regions))].join(', ');
}
