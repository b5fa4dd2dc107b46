import { h } from '../ui/dom.js';
import { icon } from '../ui/icons.js';
import { popup } from '../ui/popup.js';
import { CHOICES, chosenColumns, keepColumns, USUAL } from './columns.js';
import { INSTANCES } from './words.js';

/**
 * Chooses the columns of the table.
 *
 * @param {import('../ui/store.js').Store<readonly import('./columns.js').ColumnName[]>} columns
 * @param {AbortSignal} signal of the view
 */
export function columnMenu(columns, signal) {
  /** @param {readonly import('./columns.js').ColumnName[]} names */
  const choose = (names) => {
    keepColumns(names);
    columns.set(names);
  };
  const made = popup({
    label: [icon('columns'), h('span', { class: 'visually-hidden' }, INSTANCES.chooseColumns)],
    buttonClass: 'button icon columns-button',
    name: INSTANCES.chooseColumns,
    side: 'end',
    content: () => content(columns, choose, signal),
  });
  made.button.title = INSTANCES.chooseColumns;
  return made.element;
}

/**
 * @param {import('../ui/store.js').Store<readonly import('./columns.js').ColumnName[]>} columns
 * @param {(names: readonly import('./columns.js').ColumnName[]) => void} choose
 * @param {AbortSignal} signal
 */
function content(columns, choose, signal) {
  const boxes = CHOICES.map((name) => {
    const input = h('input', { type: 'checkbox', value: name });
    const text = h('span', { class: 'choice-text' }, INSTANCES.columns[name]);
    return { value: name, input, element: h('label', { class: 'choice-line' }, input, text) };
  });
  const choices = h(
    'div',
    { class: 'choices' },
    boxes.map(({ element }) => element),
  );
  choices.addEventListener('change', () => {
    const chosen = boxes.filter(({ input }) => input.checked).map(({ value }) => value);
    choose(chosenColumns(chosen.join()));
  });
  columns.watch((names) => {
    for (const { value, input } of boxes) input.checked = names.includes(value);
  }, signal);
  const usual = h(
    'button',
    { class: 'button small', type: 'button', on: { click: () => choose(USUAL) } },
    INSTANCES.usualColumns,
  );
  return [choices, usual];
}
