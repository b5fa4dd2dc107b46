/**
 * What can be done with the instance of a row: reach it, the most likely command, and all others in a menu.
 */

import { copyText, whileBusy } from '../ui/buttons.js';
import { fill, h, setHidden } from '../ui/dom.js';
import { icon } from '../ui/icons.js';
import { menuButton } from '../ui/menu.js';
import { connectionsOf } from './instance-messages.js';
import { INSTANCES, ROW } from './words.js';

/**
 * @typedef {import('../fleet/context.js').InstanceAction} InstanceAction
 * @typedef {import('../fleet/known-instance.js').KnownInstance} KnownInstance
 */

/**
 * A button that stays is the same element, so that a change of the row takes neither the focus nor a command under way from
 * it.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {KnownInstance} first
 */
export function actionCell({ actions, toasts }, first) {
  let instance = first;
  let shown = '';
  /** @type {Map<InstanceAction, HTMLButtonElement>} */
  const buttons = new Map();

  /** @param {HTMLButtonElement} button @param {InstanceAction} action */
  const run = (button, action) => void whileBusy(button, () => action.run(instance));
  /** @param {import('./instance-messages.js').Connection} connection */
  const copy = async ({ what, text }) => {
    if (await copyText(text)) toasts.success(ROW.copied(what));
  };

  /** @returns {readonly import('../ui/menu.js').MenuItem[]} */
  const ways = () =>
    connectionsOf(instance).map((connection) =>
      connection.kind === 'open'
        ? { label: ROW.open(connection.what), href: connection.text }
        : { label: ROW.copy(connection.what), pick: () => void copy(connection) },
    );

  const reach = menuButton({
    name: `${INSTANCES.reach} ${first.name}`,
    label: icon('terminal'),
    buttonClass: 'button plain small icon reach',
    items: ways,
  });
  const menu = menuButton({
    name: `${INSTANCES.moreFor} ${first.name}`,
    label: icon('more'),
    buttonClass: 'button plain small icon',
    items: () => {
      const { main, more } = actions.forRow(instance);
      const commands = [...main, ...more].map((action) => ({
        label: action.text,
        pick: () => run(menu, action),
        isDangerous: action.isDangerous,
      }));
      // On a phone there is room for this button alone.
      return reach.checkVisibility() ? commands : [...ways(), ...commands];
    },
  });
  /** @param {InstanceAction} action */
  const buttonOf = (action) => {
    const known = buttons.get(action);
    if (known !== undefined) return known;
    const button = h(
      'button',
      {
        class: 'button small',
        type: 'button',
        'aria-label': `${action.text} ${first.name}`,
        on: { click: () => run(button, action) },
      },
      action.text,
    );
    buttons.set(action, button);
    return button;
  };

  const main = h('span', { class: 'row-main' });
  const row = h('div', { class: 'row-actions' }, reach, main, menu);
  const element = h('td', { role: 'cell', class: 'cell cell-actions' }, row);
  return {
    element,
    /** @param {KnownInstance} next */
    update(next) {
      instance = next;
      setHidden(reach, connectionsOf(next).length === 0);
      const [likely] = actions.forRow(next).main;
      const key = likely?.name ?? '';
      if (key === shown) return;
      shown = key;
      const hadFocus = main.contains(document.activeElement);
      fill(main, likely !== undefined && likely.name !== 'explain' && buttonOf(likely));
      // The command that was just given is gone: the focus goes to what took its place, not to the top of the page.
      if (hadFocus) (main.querySelector('button') ?? menu).focus({ preventScroll: true });
    },
  };
}
