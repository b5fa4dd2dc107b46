/**
 * The small parts that views are made of: head, figure, empty state, bars in the place of rows, search field.
 */

import { h, setAttribute, setHidden, setText } from './dom.js';
import { icon } from './icons.js';
import { UI } from './words.js';

/**
 * The head of a view: its title, which gets the focus when one comes from another view, and what belongs beside it.
 *
 * @param {string} title
 * @param {...import('./dom.js').Child} beside
 */
export function viewHead(title, ...beside) {
  return h(
    'div',
    { class: 'view-head' },
    h('h1', { class: 'view-title', tabindex: '-1' }, title),
    h('div', { class: 'view-beside' }, ...beside),
  );
}

/**
 * A figure with its name. `show` with null says that it is not known.
 *
 * @param {string} label
 * @param {import('./dom.js').Props} [props] with `href` it is a link, with `on.click` a button
 */
export function figure(label, props = {}) {
  const value = h('span', { class: 'figure-value' }, UI.loading);
  const note = h('span', { class: 'figure-note' });
  const tag = props['href'] !== undefined ? 'a' : props['on'] === undefined ? 'div' : 'button';
  const type = tag === 'button' ? { type: 'button' } : {};
  const element = h(tag, { class: 'figure', data: { state: 'loading' }, ...type, ...props }, [
    h('span', { class: 'figure-label' }, label),
    value,
    note,
  ]);
  return {
    element,
    /**
     * @param {string | null} text null when it is not known
     * @param {{readonly note?: string, readonly tone?: string | null}} [more]
     */
    show(text, { note: remark = '', tone = null } = {}) {
      setAttribute(element, 'data-state', text === null ? 'unknown' : 'known');
      setAttribute(element, 'data-tone', tone);
      setText(value, text ?? UI.notKnown);
      setText(note, remark);
      setHidden(note, remark === '');
    },
  };
}

/**
 * @param {string} title one sentence
 * @param {string} [text] what to do about it
 * @param {...import('./dom.js').Child} actions
 */
export function emptyState(title, text = '', ...actions) {
  return h(
    'div',
    { class: 'empty' },
    h('p', { class: 'empty-title' }, title),
    text === '' ? null : h('p', { class: 'quiet' }, text),
    actions.length === 0 ? null : h('div', { class: 'row' }, ...actions),
  );
}

/** Stands where rows will be. @param {number} rows */
export function skeleton(rows) {
  return h(
    'div',
    { class: 'skeleton', 'aria-hidden': 'true' },
    Array.from({ length: rows }, () => h('div', { class: 'skeleton-row' })),
  );
}

/**
 * A field to search in, with its icon.
 *
 * @param {{readonly label: string, readonly placeholder: string, readonly id: string}} options
 */
export function searchField({ label, placeholder, id }) {
  const input = h('input', {
    id,
    class: 'input search-input',
    type: 'search',
    placeholder,
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-label': label,
  });
  return { element: h('div', { class: 'search-field' }, icon('search'), input), input };
}
