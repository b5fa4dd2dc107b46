import { faultLine } from './form-field.js';
import { fill, h, setText } from './h.js';

/**
 * @typedef {object} Column
 * @property {string} name member of the row, and its place in the pointer of a fault; `''` when a row is one value
 * @property {string} label
 * @property {(value: string) => HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} make
 *
 * @typedef {Record<string, string>} Row
 */

let count = 0;

/**
 * Rows of values that can be added and taken away, such as ports or environment variables.
 *
 * @param {object} options
 * @param {string} options.legend
 * @param {string} options.pointer
 * @param {string} options.one what a row is called: `port`
 * @param {readonly Column[]} options.columns
 * @param {import('./h.js').Child} [options.hint]
 * @param {() => void} [options.onChange] somebody added, changed or took away a row
 * @returns {import('./form-field.js').Field & {get: () => Row[], set: (rows: readonly Row[]) => void}}
 */
export function rowList({ legend, pointer, one, columns, hint = null, onChange = () => undefined }) {
  count += 1;
  const fault = faultLine(`rows-${count}-fault`);
  const hintId = `rows-${count}-hint`;
  const list = h('ul', { class: 'row-list' });
  const add = h(
    'button',
    {
      class: 'button small',
      type: 'button',
      on: {
        click: () => {
          const row = addRow({});
          onChange();
          row.querySelector('input')?.focus();
        },
      },
    },
    `Add ${one}`,
  );
  const element = h(
    'fieldset',
    { class: 'field-group', 'aria-describedby': `${hintId} ${fault.id}`, on: { input: () => onChange() } },
    h('legend', {}, legend),
    h('p', { id: hintId, class: 'field-hint' }, hint),
    list,
    h('div', { class: 'row' }, add),
    fault,
  );

  /** @param {Row} values */
  function addRow(values) {
    count += 1;
    const faultId = `row-${count}-fault`;
    const cells = columns.map(({ name, label, make }) => {
      const control = make(values[name] ?? '');
      control.dataset.name = name;
      control.setAttribute('aria-label', `${label} of the ${one}`);
      control.setAttribute('aria-describedby', faultId);
      return control;
    });
    const remove = h(
      'button',
      { class: 'button plain small icon', type: 'button', 'aria-label': `Remove this ${one}` },
      '✕',
    );
    const row = h('li', { class: 'row-list-row' }, cells, remove, faultLine(faultId));
    remove.addEventListener('click', () => {
      row.remove();
      onChange();
      add.focus();
    });
    list.append(row);
    return row;
  }

  const rows = () => [...list.children];
  /** Rows in which nothing stands are not sent, so they do not count. @param {Element} row */
  const isBlank = (row) =>
    columns.length > 1 &&
    controlsOf(row).every((control) => !(control instanceof HTMLSelectElement) && control.value === '');

  return {
    pointer,
    element,
    get: () =>
      rows().map((row) => Object.fromEntries(controlsOf(row).map(({ dataset, value }) => [dataset.name ?? '', value]))),
    set: (values) => {
      fill(list);
      for (const row of values) addRow(row);
    },
    showFault: (detail, rest) => {
      const [index = '', name = ''] = rest.split('/').slice(1);
      const row = rows().filter((candidate) => !isBlank(candidate))[Number(index)];
      if (index === '' || row === undefined) {
        setText(fault, detail);
        return add;
      }
      setText(/** @type {HTMLElement} */ (row.querySelector('.field-error')), detail);
      const control = controlsOf(row).find(({ dataset }) => dataset.name === name) ?? controlsOf(row)[0];
      control?.setAttribute('aria-invalid', 'true');
      return control ?? add;
    },
    clearFault: () => {
      setText(fault, '');
      for (const line of list.querySelectorAll('.field-error')) setText(line, '');
      for (const control of list.querySelectorAll('[aria-invalid]')) control.removeAttribute('aria-invalid');
    },
  };
}

/**
 * @param {Element} row
 * @returns {readonly (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[]}
 */
function controlsOf(row) {
  return [...row.querySelectorAll('input, select, textarea')].map(
    (control) => /** @type {HTMLInputElement} */ (control),
  );
}
