import { whileBusy } from '../../dom/busy.js';
import { fill, h } from '../../dom/h.js';
import { icon } from '../../dom/icon.js';
import { menuButton } from '../../dom/menu.js';
import { actionLabel, rowActions } from '../../state/row-actions.js';

/**
 * @typedef {import('../../http/api-types.js').Instance} Instance
 * @typedef {import('../../state/row-actions.js').RowAction} RowAction
 */

/**
 * What can be done with an instance. Buttons that stay are the same elements, so that a change of the row takes neither
 * the focus nor a command under way from them.
 *
 * @param {import('../../app/context.js').AppContext} context
 * @param {Instance} first
 */
export function actionCell({ actions, session }, first) {
  let instance = first;
  let shown = '';
  /** @type {Map<RowAction, HTMLButtonElement>} */
  const buttons = new Map();

  /** @type {Readonly<Record<RowAction, () => void | Promise<void>>>} */
  const run = {
    adopt: () => actions.adopt(instance),
    start: () => actions.start(instance),
    stop: () => actions.stop(instance),
    restart: () => actions.restart(instance),
    lease: () => actions.keepBusy(instance),
    autoStop: () => actions.changeAutoStop(instance),
    explain: () => actions.explain(instance),
    delete: () => actions.confirmDelete(instance),
  };
  /**
   * @param {HTMLButtonElement} button
   * @param {RowAction} action
   */
  const give = (button, action) => void whileBusy(button, async () => run[action]());

  const menu = menuButton({
    name: `More for ${first.name}`,
    label: icon('more'),
    buttonClass: 'button small icon',
    items: () =>
      rowActions(instance, session.mayCommand).more.map((action) => ({
        label: actionLabel(action),
        pick: () => give(menu, action),
        isDangerous: action === 'delete',
      })),
  });
  /** @param {RowAction} action */
  const buttonOf = (action) => {
    const known = buttons.get(action);
    if (known !== undefined) return known;
    const button = h(
      'button',
      { class: 'button small', type: 'button', on: { click: () => give(button, action) } },
      actionLabel(action),
      h('span', { class: 'visually-hidden' }, ` ${first.name}`),
    );
    buttons.set(action, button);
    return button;
  };

  const row = h('div', { class: 'cell-buttons' });
  const element = h('td', { role: 'cell', class: 'cell-actions', data: { label: 'Actions' } }, row);
  return {
    element,
    /** @param {Instance} next */
    update(next) {
      instance = next;
      const { main, more } = rowActions(next, session.mayCommand);
      const key = `${main.join()} ${more.length > 0}`;
      if (key === shown) return;
      shown = key;
      const hadFocus = row.contains(document.activeElement);
      const focused = document.activeElement;
      fill(row, main.map(buttonOf), more.length > 0 && menu);
      if (!hadFocus) return;
      // The command that was just given is gone: the focus goes to what took its place, not to the top of the page.
      const heir = focused instanceof HTMLElement && row.contains(focused) ? focused : row.querySelector('button');
      heir?.focus({ preventScroll: true });
    },
  };
}
