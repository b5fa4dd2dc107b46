import { h } from './dom.js';
import { UI } from './words.js';

/**
 * @typedef {object} DialogOptions
 * @property {string} title
 * @property {import('./dom.js').Child} body
 * @property {import('./dom.js').Child} [actions] buttons of the foot
 * @property {'normal' | 'wide' | 'panel'} [shape]
 * @property {() => void} [onClose] called once, however it was closed
 *
 * @typedef {object} OpenDialog
 * @property {HTMLDialogElement} element
 * @property {() => void} close
 * @property {AbortSignal} signal aborted when it is closed, for what follows something meanwhile
 */

let count = 0;

/**
 * Opens a modal dialog: the browser keeps the focus inside, closes it at Escape and gives the focus back.
 *
 * @param {DialogOptions} options
 * @returns {OpenDialog}
 */
export function openDialog({ title, body, actions = null, shape = 'normal', onClose }) {
  count += 1;
  const titleId = `dialog-title-${count}`;
  const opener = document.activeElement;
  const closed = new AbortController();
  const close = () => element.close();
  const element = h(
    'dialog',
    { class: `dialog ${shape}`, 'aria-labelledby': titleId },
    h(
      'div',
      { class: 'dialog-frame' },
      h(
        'div',
        { class: 'dialog-head' },
        h('h2', { id: titleId }, title),
        h(
          'button',
          { class: 'button plain small icon', type: 'button', 'aria-label': UI.close, on: { click: close } },
          '✕',
        ),
      ),
      h('div', { class: 'dialog-body' }, body),
      h('div', { class: 'dialog-foot' }, actions),
    ),
  );
  element.addEventListener('close', () => {
    closed.abort();
    element.remove();
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    onClose?.();
  });
  // A press on the ground beside it, which belongs to the dialog's own box and to nothing inside.
  element.addEventListener('mousedown', (event) => {
    if (event.target === element) close();
  });
  document.body.append(element);
  element.showModal();
  return { element, close, signal: closed.signal };
}

/**
 * Names and what they stand for; those of which nothing is known are left out.
 *
 * @param {readonly (readonly [string, import('./dom.js').Child])[]} rows
 */
export function facts(rows) {
  const known = rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  if (known.length === 0) return null;
  return h(
    'dl',
    { class: 'facts' },
    known.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  );
}
