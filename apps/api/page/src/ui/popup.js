import { fill, h } from './dom.js';

let count = 0;

/**
 * @typedef {object} Popup
 * @property {HTMLElement} element holds the button and what it opens
 * @property {HTMLButtonElement} button
 * @property {() => void} close
 */

/**
 * A button that opens a small piece of the page below itself. Closed by Escape, by a press elsewhere, and when the focus
 * leaves it.
 *
 * @param {object} options
 * @param {import('./dom.js').Child} options.label of the button
 * @param {string} [options.buttonClass]
 * @param {string} options.name of what it opens
 * @param {'start' | 'end'} [options.side] along which edge of the button it opens
 * @param {import('./dom.js').Child | (() => import('./dom.js').Child)} options.content a function makes it when it is first
 *   opened: a first view has several of them, and most are never looked at
 * @returns {Popup}
 */
export function popup({ label, buttonClass = 'button', name, side = 'start', content }) {
  count += 1;
  const id = `popup-${count}`;
  const panel = h(
    'div',
    { id, class: 'popup-panel', data: { side }, role: 'group', 'aria-label': name, hidden: true },
    typeof content === 'function' ? null : content,
  );
  const button = h(
    'button',
    { class: buttonClass, type: 'button', 'aria-expanded': 'false', 'aria-controls': id },
    label,
  );
  const element = h('div', { class: 'popup' }, button, panel);

  let make = typeof content === 'function' ? content : null;
  /** @param {boolean} isOpen */
  const show = (isOpen) => {
    if (isOpen && make !== null) fill(panel, make());
    if (isOpen) make = null;
    panel.hidden = !isOpen;
    button.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) document.addEventListener('pointerdown', onPress);
    else document.removeEventListener('pointerdown', onPress);
  };
  const close = () => show(false);
  /** @param {PointerEvent} event */
  const onPress = (event) => {
    if (!(event.target instanceof Node && element.contains(event.target))) close();
  };
  button.addEventListener('click', () => show(panel.hidden === true));
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || panel.hidden) return;
    event.stopPropagation();
    close();
    button.focus();
  });
  element.addEventListener('focusout', (event) => {
    const next = event.relatedTarget;
    if (next instanceof Node && !element.contains(next)) close();
  });
  return { element, button, close };
}
