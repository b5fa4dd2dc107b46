import { fill, h, setText } from './dom.js';
import { UI } from './words.js';

/**
 * @typedef {object} Field a place of a form beside which a violation can be shown
 * @property {string} pointer of what it holds in the body that is sent
 * @property {HTMLElement} element
 * @property {(detail: string, rest: string) => HTMLElement | null} showViolation `rest` is what of the violation's pointer goes
 *   further than the field's own; answers with what the focus belongs on
 * @property {() => void} clearViolation
 */

let count = 0;

/**
 * A control with its label, an explanation, and room for what is wrong with it.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.pointer JSON pointer into the body, such as `/name`
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} options.control
 * @param {import('./dom.js').Child} [options.hint]
 * @returns {Field}
 */
export function formField({ label, pointer, control, hint = null }) {
  count += 1;
  control.id ||= `field-${count}`;
  const hintId = `${control.id}-hint`;
  const violation = violationLine(`${control.id}-error`);
  control.setAttribute('aria-describedby', `${hint === null ? '' : `${hintId} `}${violation.id}`);
  const element = h(
    'div',
    { class: 'field' },
    h('label', { for: control.id }, label),
    control,
    hint === null ? null : h('p', { id: hintId, class: 'field-hint' }, hint),
    violation,
  );
  return { pointer, element, ...violationDisplay(violation, control) };
}

/**
 * Several controls that answer one question, such as radio buttons.
 *
 * @param {object} options
 * @param {string} options.legend
 * @param {string} options.pointer
 * @param {import('./dom.js').Child} options.content
 * @param {import('./dom.js').Child} [options.hint]
 * @param {() => HTMLElement | null} [options.focus] what the focus belongs on when something is wrong
 * @returns {Field}
 */
export function fieldGroup({ legend, pointer, content, hint = null, focus }) {
  count += 1;
  const hintId = `group-${count}-hint`;
  const violation = violationLine(`group-${count}-error`);
  const element = h(
    'fieldset',
    { class: 'field-group', 'aria-describedby': `${hint === null ? '' : `${hintId} `}${violation.id}` },
    h('legend', {}, legend),
    hint === null ? null : h('p', { id: hintId, class: 'field-hint' }, hint),
    content,
    violation,
  );
  const firstControl = () => /** @type {HTMLElement | null} */ (element.querySelector('input, select, button'));
  return {
    pointer,
    element,
    showViolation: (detail) => {
      setText(violation, detail);
      return focus?.() ?? firstControl();
    },
    clearViolation: () => setText(violation, ''),
  };
}

/** @param {string} id */
export function violationLine(id) {
  return h('p', { id, class: 'field-error' });
}

/**
 * @param {HTMLElement} violation
 * @param {HTMLElement} control
 * @returns {Pick<Field, 'showViolation' | 'clearViolation'>}
 */
function violationDisplay(violation, control) {
  return {
    showViolation: (detail) => {
      setText(violation, detail);
      control.setAttribute('aria-invalid', 'true');
      return control;
    },
    clearViolation: () => {
      setText(violation, '');
      control.removeAttribute('aria-invalid');
    },
  };
}

/**
 * A radio button or a tick box with its words.
 *
 * @param {object} options
 * @param {'radio' | 'checkbox'} options.type
 * @param {string} [options.name]
 * @param {string} [options.value]
 * @param {boolean} [options.checked]
 * @param {boolean} [options.disabled]
 * @param {import('./dom.js').Child} options.label
 * @param {import('./dom.js').Child} [options.hint]
 */
export function choice({ type, name, value, checked = false, disabled = false, label, hint = null }) {
  count += 1;
  const hintId = `choice-${count}-hint`;
  const input = h('input', { type, name, value, checked, disabled, 'aria-describedby': hint === null ? null : hintId });
  const element = h(
    'div',
    { class: 'choice' },
    h('label', { class: 'check' }, input, h('span', {}, label)),
    hint === null ? null : h('p', { id: hintId, class: 'field-hint' }, hint),
  );
  return { input, element };
}

/**
 * A tick box that the API may find something wrong with.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.pointer JSON pointer into the body
 * @param {import('./dom.js').Child} [options.hint]
 * @returns {Field & {readonly input: HTMLInputElement}}
 */
export function choiceField({ label, pointer, hint = null }) {
  const { input, element } = choice({ type: 'checkbox', label, hint });
  count += 1;
  const violation = violationLine(`choice-${count}-error`);
  input.setAttribute('aria-describedby', `${input.getAttribute('aria-describedby') ?? ''} ${violation.id}`.trim());
  element.append(violation);
  return { pointer, input, element, ...violationDisplay(violation, input) };
}

/**
 * @typedef {object} Column
 * @property {string} name member of the row, and its place in the pointer of a violation; `''` when a row is one value
 * @property {string} label
 * @property {(value: string) => HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} make
 *
 * @typedef {Record<string, string>} Row
 */

/**
 * Rows of values that can be added and removed, such as ports or environment variables.
 *
 * @param {object} options
 * @param {string} options.legend
 * @param {string} options.pointer
 * @param {string} options.one what a row is called: `port`
 * @param {readonly Column[]} options.columns
 * @param {import('./dom.js').Child} [options.hint]
 * @param {() => void} [options.onChange] somebody added, changed or took away a row
 * @returns {Field & {get: () => Row[], set: (rows: readonly Row[]) => void}}
 */
export function rowList({ legend, pointer, one, columns, hint = null, onChange = () => undefined }) {
  count += 1;
  const violation = violationLine(`rows-${count}-error`);
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
    UI.add(one),
  );
  const element = h(
    'fieldset',
    { class: 'field-group', 'aria-describedby': `${hintId} ${violation.id}`, on: { input: () => onChange() } },
    h('legend', {}, legend),
    h('p', { id: hintId, class: 'field-hint' }, hint),
    list,
    h('div', { class: 'row' }, add),
    violation,
  );

  /** @param {Row} values */
  function addRow(values) {
    count += 1;
    const violationId = `row-${count}-error`;
    const cells = columns.map(({ name, label, make }) => {
      const control = make(values[name] ?? '');
      control.dataset.name = name;
      control.setAttribute('aria-label', UI.labelOf(label, one));
      control.setAttribute('aria-describedby', violationId);
      return control;
    });
    const remove = h('button', { class: 'button plain small icon', type: 'button', 'aria-label': UI.remove(one) }, '✕');
    const row = h('li', { class: 'row-list-row' }, cells, remove, violationLine(violationId));
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
    showViolation: (detail, rest) => {
      const [index = '', name = ''] = rest.split('/').slice(1);
      const row = rows().filter((candidate) => !isBlank(candidate))[Number(index)];
      if (index === '' || row === undefined) {
        setText(violation, detail);
        return add;
      }
      setText(/** @type {HTMLElement} */ (row.querySelector('.field-error')), detail);
      const control = controlsOf(row).find(({ dataset }) => dataset.name === name) ?? controlsOf(row)[0];
      control?.setAttribute('aria-invalid', 'true');
      return control ?? add;
    },
    clearViolation: () => {
      setText(violation, '');
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

/** In half of the world the point parts thousands: what could be either is asked for again, not read as the smaller one. */
const THOUSANDS = /^[1-9]\d{0,2}(\.\d{3})+$/;

/**
 * The number that somebody wrote out in digits; NaN for all else. Stricter than `Number`, which takes `1e3` and `0x10`,
 * and than a control of type `number`, which hands on what it cannot read as if nothing had been entered.
 *
 * @param {string} typed
 */
export function typedNumber(typed) {
  const text = typed.trim();
  return /^\d+(\.\d+)?$/.test(text) && !THOUSANDS.test(text) ? Number(text) : Number.NaN;
}
