import { h, setText } from './dom.js';
import { UI } from './words.js';

/** A row of values, a field, or what else holds a control with room below it. */
const PLACES = '.row-list-row, .field, .field-group, .toolbar, .dialog-body';

/** The click comes just after the button of the mouse is up. */
const AFTER_PRESS_MS = 50;

/**
 * Says beneath a control what the control itself changed in what was typed or pasted: a field of one line drops line
 * breaks without a word, and blanks around a value, which mean nothing to the API, are removed in view of the reader.
 *
 * @param {Document} page
 */
export function followPastes(page) {
  /** @type {Map<Element, HTMLElement>} */
  const notes = new Map();
  /** @param {HTMLInputElement | HTMLTextAreaElement} control @param {string} message */
  const say = (control, message) => {
    const place = control.closest(PLACES);
    if (place === null || message === '') return;
    const note = notes.get(control) ?? h('p', { class: 'field-hint', role: 'status' });
    notes.set(control, note);
    place.append(note);
    setText(note, message);
  };
  /** @param {ClipboardEvent | DragEvent} event @param {DataTransfer | null} data */
  const follow = ({ target }, data) => {
    const text = data?.getData('text/plain') ?? '';
    if (!isTextControl(target) || text === '') return;
    // The browser puts it in after this event.
    setTimeout(() => say(target, pasteChange(text, target.value)));
  };
  page.addEventListener('paste', (event) => follow(event, event.clipboardData), true);
  page.addEventListener('drop', (event) => follow(event, event.dataTransfer), true);
  page.addEventListener('input', ({ target }) => {
    if (!(target instanceof Element)) return;
    notes.get(target)?.remove();
    notes.delete(target);
  });
  // A press of a button leaves the field first: what is said then must not move the button before the press has ended.
  let isPressed = false;
  page.addEventListener('pointerdown', () => (isPressed = true), true);
  for (const end of ['pointerup', 'pointercancel']) page.addEventListener(end, () => (isPressed = false), true);
  /** @param {() => void} show */
  const afterPress = (show) => {
    if (!isPressed) show();
    else page.addEventListener('pointerup', () => setTimeout(show, AFTER_PRESS_MS), { once: true });
  };
  page.addEventListener(
    'change',
    ({ target }) => {
      if (!(target instanceof HTMLInputElement) || !isTextControl(target)) return;
      const trimmed = target.value.trim();
      if (trimmed === target.value) return;
      target.value = trimmed;
      afterPress(() => say(target, UI.pasted.trimmed));
    },
    true,
  );
}

/**
 * Says how a control changed a pasted text; empty when it kept it.
 *
 * @param {string} pasted
 * @param {string} value
 */
export function pasteChange(pasted, value) {
  if (value.includes(pasted)) return '';
  if (value.includes(pasted.replace(/\r\n?/g, '\n'))) return UI.pasted.lineEnds;
  if (/[\r\n]/.test(pasted)) return UI.pasted.oneLine;
  return UI.pasted.part;
}

/**
 * @param {EventTarget | null} target
 * @returns {target is HTMLInputElement | HTMLTextAreaElement}
 */
function isTextControl(target) {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && ['text', 'search', 'password'].includes(target.type);
}
