/**
 * The DOM, made and changed without markup: elements, text, attributes and children, each touched only where it differs.
 */

/**
 * @typedef {string | number | boolean} Plain
 * @typedef {Node | string | number | null | undefined | false} Single
 * @typedef {Single | readonly (Single | readonly Single[])[]} Child a list may hold lists
 * @typedef {Readonly<Record<string, unknown>>} Props
 */

/**
 * Makes an element. Text only ever becomes text: nothing here reads markup, so a name that holds some is shown as it is.
 *
 * Props: `class`, `on: {event: listener}`, `data: {name: value}`; `value`, `checked`, `disabled`, `hidden`, `open` and
 * the like are set as properties; all else (aria-*, role, id, type, for …) as attributes, left out when null, undefined
 * or false.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  apply(element, props);
  append(element, children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * As `h`, for drawings.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  apply(element, props);
  append(element, children);
  return element;
}

/**
 * Replaces what an element holds.
 *
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * Sets text only where it differs, so that a screen reader does not read it again. A text that is there is changed, which
 * costs the browser less than another one in its place.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent === text) return;
  const only = node.childNodes.length === 1 ? node.firstChild : null;
  if (only instanceof Text && text !== '') only.data = text;
  else node.textContent = text;
}

const PROPERTIES = new Set(['value', 'checked', 'disabled', 'hidden', 'open', 'indeterminate', 'selected', 'tabIndex']);

/**
 * @param {Element} element
 * @param {Props} props
 */
function apply(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined) continue;
    if (name === 'on') listen(element, /** @type {Record<string, EventListener>} */ (value));
    else if (name === 'data') mark(element, /** @type {Record<string, unknown>} */ (value));
    else if (PROPERTIES.has(name)) Reflect.set(element, name, value);
    else if (value !== false) element.setAttribute(name, value === true ? '' : String(/** @type {Plain} */ (value)));
  }
}

/**
 * @param {Element} element
 * @param {Record<string, EventListener>} listeners
 */
function listen(element, listeners) {
  for (const [event, listener] of Object.entries(listeners)) element.addEventListener(event, listener);
}

/**
 * @param {Element} element
 * @param {Record<string, unknown>} values
 */
function mark(element, values) {
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined)
      element.setAttribute(`data-${name}`, String(/** @type {Plain} */ (value)));
  }
}

/**
 * @param {Element} element
 * @param {readonly Child[]} children
 */
function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (isList(child)) append(element, child);
    else element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * @param {Child} child
 * @returns {child is readonly Child[]}
 */
function isList(child) {
  return Array.isArray(child);
}

/**
 * Sets an attribute only where it differs, since each write makes the browser style the element anew.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value null takes it away
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/**
 * Shows a state in words, tone, and a hint for whoever points at it.
 *
 * @param {HTMLElement} element
 * @param {{readonly text: string, readonly tone: string, readonly hint?: string}} state
 */
export function setState(element, { text, tone, hint }) {
  setText(element, text);
  setAttribute(element, 'data-tone', tone);
  setAttribute(element, 'title', hint ?? null);
}

/**
 * @param {HTMLElement} element
 * @param {boolean} isHidden
 */
export function setHidden(element, isHidden) {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}

/** @type {WeakMap<Element, string>} */
const madeFrom = new WeakMap();

/**
 * Makes what an element holds anew only when that which it is made from differs. For lists that seldom change.
 *
 * @param {Element} element
 * @param {unknown} from what JSON can hold
 * @param {() => Child} make
 */
export function refill(element, from, make) {
  const key = JSON.stringify(from);
  if (madeFrom.get(element) === key) return;
  madeFrom.set(element, key);
  fill(element, make());
}

/**
 * Makes these the children of an element, in this order, and moves only those that stand wrong. The focus stays where it
 * is even when what has it is moved, which browsers do not see to.
 *
 * @param {Element} parent
 * @param {readonly Element[]} children
 */
export function arrange(parent, children) {
  const focused = document.activeElement;
  const wanted = new Set(children);
  const leaving = [...parent.children].filter((child) => !wanted.has(child));
  for (const child of leaving) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}
