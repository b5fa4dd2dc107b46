import { h } from './h.js';

const SAYS_SO_MS = 1_500;

/**
 * A button that copies a text and says that it did.
 *
 * @param {string} label what is copied, such as `SSH command`
 * @param {string} text
 */
export function copyButton(label, text) {
  const words = h('span', { 'aria-live': 'polite' }, 'Copy');
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const press = async () => {
    const done = await copyText(text);
    words.textContent = done ? 'Copied' : 'Select it by hand';
    clearTimeout(timer);
    timer = setTimeout(() => {
      words.textContent = 'Copy';
    }, SAYS_SO_MS);
  };
  return h(
    'button',
    { class: 'button small', type: 'button', title: `Copy ${label}`, on: { click: () => void press() } },
    words,
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
