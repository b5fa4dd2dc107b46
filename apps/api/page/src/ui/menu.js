import { h } from './dom.js';

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {() => void} [pick]
 * @property {string} [href] opened in a tab of its own; must be a web address
 * @property {boolean} [isDangerous]
 *
 * @typedef {object} MenuOptions
 * @property {string} name what the menu is for; said by the button too
 * @property {import('./dom.js').Child} label of the button
 * @property {string} [buttonClass]
 * @property {() => readonly MenuItem[]} items as they are when the menu opens
 */

/**
 * A button that opens a menu, as https://www.w3.org/WAI/ARIA/apg/patterns/menu-button/ describes it. The menu stands
 * apart from the button, so it outlives whatever happens around that, and what it offers stays as it was opened.
 *
 * @param {MenuOptions} options
 * @returns {HTMLButtonElement}
 */
export function menuButton({ name, label, buttonClass = 'button small', items }) {
  /** @type {(() => void) | null} */
  let close = null;
  // The browser closes the menu at the press on its button, which must not open it again.
  let wasOpen = false;
  // A drawing says nothing by itself; an attribute costs a table of fifty rows less than a hidden text.
  const isDrawn = label instanceof SVGElement;
  const button = h(
    'button',
    {
      class: buttonClass,
      type: 'button',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      title: name,
      'aria-label': isDrawn ? name : null,
      on: {
        pointerdown: () => {
          wasOpen = close !== null;
        },
        click: () => {
          if (!wasOpen) open();
          wasOpen = false;
        },
        keydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          open(event.key === 'ArrowUp');
        },
      },
    },
    label,
    !isDrawn && h('span', { class: 'visually-hidden' }, ` ${name}`),
  );

  const open = (fromEnd = false) => {
    if (close !== null) return;
    button.setAttribute('aria-expanded', 'true');
    close = openMenu(button, name, items(), fromEnd, () => {
      close = null;
      button.setAttribute('aria-expanded', 'false');
    });
  };
  return button;
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} name
 * @param {readonly MenuItem[]} items
 * @param {boolean} fromEnd whether the focus begins at the last item
 * @param {() => void} onClose
 * @returns {() => void} closes it
 */
function openMenu(button, name, items, fromEnd, onClose) {
  const menu = h(
    'div',
    { class: 'menu', role: 'menu', popover: 'auto', 'aria-label': name },
    items.map((item) => itemElement(item, () => menu.hidePopover())),
  );
  const entries = /** @type {HTMLElement[]} */ ([...menu.children]);
  const place = () => placeBeside(menu, button);
  menu.addEventListener('keydown', (event) => onKey(event, menu, entries));
  menu.addEventListener('beforetoggle', (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === 'open') return;
    if (menu.contains(document.activeElement)) button.focus();
    removeEventListener('scroll', place, true);
    removeEventListener('resize', place);
    onClose();
  });
  menu.addEventListener('toggle', (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === 'closed') menu.remove();
  });
  (button.closest('main') ?? document.body).append(menu);
  menu.showPopover();
  place();
  addEventListener('scroll', place, true);
  addEventListener('resize', place);
  entries.at(fromEnd ? -1 : 0)?.focus();
  return () => menu.hidePopover();
}

/**
 * @param {MenuItem} item
 * @param {() => void} close
 */
function itemElement({ label, pick, href, isDangerous = false }, close) {
  const click = () => {
    close();
    pick?.();
  };
  const props = {
    class: isDangerous ? 'menu-item danger' : 'menu-item',
    role: 'menuitem',
    tabindex: '-1',
    on: { click },
  };
  return href === undefined
    ? h('button', { ...props, type: 'button' }, label)
    : h('a', { ...props, href, target: '_blank', rel: 'noopener noreferrer' }, label);
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} menu
 * @param {readonly HTMLElement[]} entries
 */
function onKey(event, menu, entries) {
  const place = entries.findIndex((entry) => entry === document.activeElement);
  const next = nextPlace(
    event.key,
    place,
    entries.map(({ textContent }) => textContent ?? ''),
  );
  if (event.key === 'Tab') menu.hidePopover();
  else if (next !== null) {
    event.preventDefault();
    entries[next]?.focus();
  }
}

/**
 * The entry of a menu that gets the focus at a key.
 *
 * @param {string} key
 * @param {number} place
 * @param {readonly string[]} labels
 * @returns {number | null} null when the key does not move it
 */
export function nextPlace(key, place, labels) {
  const count = labels.length;
  if (key === 'ArrowDown') return (place + 1) % count;
  if (key === 'ArrowUp') return (place + count - 1) % count;
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  if (key.length !== 1 || key === ' ') return null;
  const steps = labels.map((_, step) => (place + 1 + step) % count);
  return steps.find((at) => labels[at]?.toLowerCase().startsWith(key.toLowerCase())) ?? null;
}

const GAP_PX = 4;
const EDGE_PX = 8;

/**
 * Puts something of the top layer below an element, or above it where there is more room; always within the window.
 *
 * @param {HTMLElement} layer
 * @param {Element} anchor
 */
function placeBeside(layer, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = layer;
  const below = innerHeight - at.bottom - GAP_PX - EDGE_PX;
  const isBelow = height <= below || below >= at.top;
  const top = isBelow ? at.bottom + GAP_PX : at.top - GAP_PX - height;
  layer.style.top = `${clamp(top, innerHeight - height - EDGE_PX)}px`;
  layer.style.left = `${clamp(at.right - width, innerWidth - width - EDGE_PX)}px`;
}

/**
 * @param {number} value
 * @param {number} most
 */
function clamp(value, most) {
  return Math.max(EDGE_PX, Math.min(value, most));
}
