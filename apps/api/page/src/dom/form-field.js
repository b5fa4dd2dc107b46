import { h, setText } from './h.js';

/**
 * @typedef {object} Field a place of a form beside which a fault can be shown
 * @property {string} pointer of what it holds in the body that is sent
 * @property {HTMLElement} element
 * @property {(detail: string, rest: string) => HTMLElement | null} showFault `rest` is what of the fault's pointer goes
 *   further than the field's own; answers with what the focus belongs on
 * @property {() => void} clearFault
 */

let count = 0;

/**
 * A control with its label, an explanation, and room for what is wrong with it.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.pointer JSON pointer into the body, such as `/name`
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} options.control
 * @param {import('./h.js').Child} [options.hint]
 * @returns {Field}
 */
export function formField({ label, pointer, control, hint = null }) {
  count += 1;
  control.id ||= `field-${count}`;
  const hintId = `${control.id}-hint`;
  const fault = faultLine(`${control.id}-fault`);
  control.setAttribute('aria-describedby', `${hint === null ? '' : `${hintId} `}${fault.id}`);
  const element = h(
    'div',
    { class: 'field' },
    h('label', { for: control.id }, label),
    control,
    hint === null ? null : h('p', { id: hintId, class: 'field-hint' }, hint),
    fault,
  );
  return { pointer, element, ...faultShow(fault, control) };
}

/**
 * Several controls that answer one question, such as radio buttons.
 *
 * @param {object} options
 * @param {string} options.legend
 * @param {string} options.pointer
 * @param {import('./h.js').Child} options.content
 * @param {import('./h.js').Child} [options.hint]
 * @param {() => HTMLElement | null} [options.focus] what the focus belongs on when something is wrong
 * @returns {Field}
 */
export function fieldGroup({ legend, pointer, content, hint = null, focus }) {
  count += 1;
  const hintId = `group-${count}-hint`;
  const fault = faultLine(`group-${count}-fault`);
  const element = h(
    'fieldset',
    { class: 'field-group', 'aria-describedby': `${hint === null ? '' : `${hintId} `}${fault.id}` },
    h('legend', {}, legend),
    hint === null ? null : h('p', { id: hintId, class: 'field-hint' }, hint),
    content,
    fault,
  );
  const firstControl = () => /** @type {HTMLElement | null} */ (element.querySelector('input, select, button'));
  return {
    pointer,
    element,
    showFault: (detail) => {
      setText(fault, detail);
      return focus?.() ?? firstControl();
    },
    clearFault: () => setText(fault, ''),
  };
}

/** @param {string} id */
export function faultLine(id) {
  return h('p', { id, class: 'field-error' });
}

/**
 * @param {HTMLElement} fault
 * @param {HTMLElement} control
 * @returns {Pick<Field, 'showFault' | 'clearFault'>}
 */
function faultShow(fault, control) {
  return {
    showFault: (detail) => {
      setText(fault, detail);
      control.setAttribute('aria-invalid', 'true');
      return control;
    },
    clearFault: () => {
      setText(fault, '');
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
 * @param {import('./h.js').Child} options.label
 * @param {import('./h.js').Child} [options.hint]
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
