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

/** Sets text only where it differs, so that a screen reader is not told again what it has read.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
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
