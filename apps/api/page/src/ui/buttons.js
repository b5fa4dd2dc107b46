/**
 * Buttons: one that is busy, one that copies, one of an action.
 */

import { h } from './dom.js';
import { UI } from './words.js';

/**
 * Shows on a button that its command is on its way, and keeps it from being given twice.
 *
 * @template Value
 * @param {HTMLButtonElement} button
 * @param {() => Promise<Value>} work
 * @returns {Promise<Value | undefined>} undefined when it is on its way already
 */
export async function whileBusy(button, work) {
  if (button.getAttribute('aria-busy') === 'true') return undefined;
  button.setAttribute('aria-busy', 'true');
  button.setAttribute('aria-disabled', 'true');
  try {
    return await work();
  } finally {
    button.removeAttribute('aria-busy');
    button.removeAttribute('aria-disabled');
  }
}

/**
 * A button of an action that concerns no single instance.
 *
 * @param {{readonly text: string, readonly run: () => Promise<void>}} action
 * @param {{readonly class?: string, readonly text?: string}} [options]
 */
export function actionButton({ text, run }, options = {}) {
  const props = { class: options.class ?? 'button', type: 'button', on: { click: () => void run() } };
  return h('button', props, options.text ?? text);
}

const SAYS_SO_MS = 1_500;

/**
 * A button that copies a text and says that it did.
 *
 * @param {string} label what is copied, such as `SSH command`
 * @param {string} text
 */
export function copyButton(label, text) {
  const caption = h('span', { 'aria-live': 'polite' }, UI.copy);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const press = async () => {
    const done = await copyText(text);
    caption.textContent = done ? UI.copied : UI.copyByHand;
    clearTimeout(timer);
    timer = setTimeout(() => {
      caption.textContent = UI.copy;
    }, SAYS_SO_MS);
  };
  return h(
    'button',
    { class: 'button small', type: 'button', title: UI.copyOf(label), on: { click: () => void press() } },
    caption,
    h('span', { class: 'visually-hidden' }, ` ${label}`),
  );
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether the clipboard holds it now
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Browsers keep the clipboard from pages that come over plain http from another host, but not from a selection.
 * @param {string} text
 */
function copyBySelection(text) {
  const host = document.activeElement?.closest('dialog') ?? document.body;
  const focused = document.activeElement;
  const area = h('textarea', { class: 'visually-hidden', value: text, 'aria-hidden': 'true' });
  host.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
