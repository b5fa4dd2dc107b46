import { viewAddress } from '../routing/links.js';
import { areSingleKeysOn, commandOf, PREFIX_MS } from './keys.js';

/** What the keys walk along: rows with something to open. */
const ROWS = '.page-main tbody tr, .page-main [data-row]';
const OPENS = 'a.instance-link, a[href], .row-main button, button';

/** For as long the search field of the instances may take to be there. */
const SEARCH_PATIENCE_MS = 2_000;

/**
 * Carries out what keys ask for, in every view.
 *
 * @param {import('../fleet/context.js').AppContext} context
 */
export function followKeys(context) {
  let prefixUntilMs = 0;
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const state = { isAfterPrefix: performance.now() < prefixUntilMs, areSingleOn: areSingleKeysOn() };
    const command = commandOf(pressOf(event), state);
    if (event.key !== 'Shift') prefixUntilMs = command === 'prefix' ? performance.now() + PREFIX_MS : 0;
    if (command === null || command === 'prefix') return;
    event.preventDefault();
    void run(context, command);
  });
}

/** @param {import('../fleet/context.js').AppContext} context */
export async function openPaletteOf(context) {
  try {
    const { openPalette } = await import('./palette.js');
    openPalette(context);
  } catch (error) {
    context.toasts.failure(error);
  }
}

/** @param {import('../fleet/context.js').AppContext} context */
export async function openKeysOf(context) {
  try {
    const { openKeys } = await import('./keys-dialog.js');
    openKeys();
  } catch (error) {
    context.toasts.failure(error);
  }
}

/**
 * @param {import('../fleet/context.js').AppContext} context
 * @param {import('./keys.js').KeyCommand} command
 */
async function run(context, command) {
  switch (command.kind) {
    case 'palette':
      return openPaletteOf(context);
    case 'help':
      return openKeysOf(context);
    case 'create':
      return context.actions.ofFleet('create')?.run();
    case 'search':
      return search(context);
    case 'go':
      return context.router.go(viewAddress(command.view));
    case 'next':
      return moveBy(1);
    case 'previous':
      return moveBy(-1);
    case 'select':
      return toggle();
  }
}

/** @param {KeyboardEvent} event @returns {import('./keys.js').Press} */
function pressOf(event) {
  const { target, key, ctrlKey, metaKey, altKey } = event;
  return {
    key,
    hasCommandKey: ctrlKey || metaKey,
    hasOther: altKey,
    isTyping: target instanceof Element && isTextField(target),
    isElsewhere: document.querySelector('dialog[open], [role=menu]:popover-open') !== null,
  };
}

/** @param {Element} element */
function isTextField(element) {
  if (element instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit'].includes(element.type);
  return element.matches('textarea, select, [contenteditable]');
}

/** @param {import('../fleet/context.js').AppContext} context */
async function search({ router }) {
  if (searchField() === null) await router.go(viewAddress('instances'));
  const untilMs = performance.now() + SEARCH_PATIENCE_MS;
  for (let field = searchField(); performance.now() < untilMs; field = searchField()) {
    if (field !== null) {
      field.focus();
      field.select();
      return;
    }
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
}

/** That of the instances, or the one that the present view has. @returns {HTMLInputElement | null} */
function searchField() {
  return document.querySelector('.page-main input[type=search]');
}

/** @param {1 | -1} step */
function moveBy(step) {
  const rows = [...document.querySelectorAll(ROWS)].filter((row) => row.checkVisibility() && opensOf(row) !== null);
  const present = rowOf(document.activeElement);
  const place = present === null ? -1 : rows.indexOf(present);
  const next = rows[place === -1 && step === -1 ? rows.length - 1 : place + step];
  const target = next === undefined ? null : opensOf(next);
  if (next === undefined || target === null) return;
  // Without motion, and clear of what stands above: the head of the table and the bar.
  next.scrollIntoView({ block: 'nearest', behavior: 'instant' });
  target.focus({ preventScroll: true });
}

function toggle() {
  const check = rowOf(document.activeElement)?.querySelector('input[type=checkbox]');
  if (check instanceof HTMLInputElement && !check.disabled) check.click();
}

/** @param {Element | null} element */
function rowOf(element) {
  return element?.closest(ROWS) ?? null;
}

/** @param {Element} row @returns {HTMLElement | null} */
function opensOf(row) {
  return row.querySelector(OPENS);
}
