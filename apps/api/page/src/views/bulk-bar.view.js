import { h, setText } from '../dom/h.js';
import { setHidden } from '../dom/update.js';
import { counted, planBulk } from '../state/bulk.js';

/** @type {readonly {readonly command: import('../state/bulk.js').BulkCommand, readonly words: string}[]} */
const COMMANDS = [
  { command: 'start', words: 'Start' },
  { command: 'stop', words: 'Stop' },
  { command: 'restart', words: 'Restart' },
  { command: 'delete', words: 'Delete' },
];

/**
 * What can be done with all rows that are selected.
 *
 * @param {import('../app/context.js').AppContext} context
 * @param {import('../state/selection.js').Selection} selection
 * @param {() => void} onClear whereto the focus goes with the bar
 */
export function bulkBarView({ fleet, actions }, selection, onClear) {
  const chosen = () => fleet.table.state.get().rows.filter(({ id }) => selection.has(id));
  const count = h('p', { class: 'numeric', role: 'status' });
  const buttons = COMMANDS.map(({ command, words }) => {
    const button = h(
      'button',
      {
        class: command === 'delete' ? 'button danger' : 'button',
        type: 'button',
        on: { click: () => actions.several(command, chosen()) },
      },
      words,
    );
    return { command, words, button };
  });
  const none = h('span', { class: 'quiet' }, 'No command fits them.');
  const clear = () => {
    selection.clear();
    onClear();
  };
  const element = h(
    'div',
    { class: 'bulk-bar', role: 'group', 'aria-label': 'Selected instances' },
    count,
    h(
      'div',
      { class: 'row' },
      buttons.map(({ button }) => button),
      none,
      h('button', { class: 'button plain', type: 'button', on: { click: clear } }, 'Clear'),
    ),
  );

  const draw = () => {
    const instances = chosen();
    setHidden(element, instances.length === 0);
    setText(count, instances.length === 0 ? '' : `${counted(instances.length)} selected`);
    for (const { command, words, button } of buttons) {
      const { fitting } = planBulk(command, instances);
      setText(button, `${words} ${fitting.length}…`);
      setHidden(button, fitting.length === 0);
    }
    setHidden(
      none,
      buttons.some(({ button }) => !button.hidden),
    );
  };
  selection.ids.watch(draw);
  fleet.table.state.watch(() => {
    if (selection.ids.get().size > 0 || !element.hidden) draw();
  });
  return element;
}
