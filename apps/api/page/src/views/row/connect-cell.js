import { copyText } from '../../dom/copy-button.js';
import { h } from '../../dom/h.js';
import { icon } from '../../dom/icon.js';
import { menuButton } from '../../dom/menu.js';
import { refill, setAttribute } from '../../dom/update.js';
import { connectionsOf } from '../../format/connections.js';

/**
 * @typedef {import('../../format/connections.js').Connection} Connection
 * @typedef {import('../../http/api-types.js').Instance} Instance
 */

/** So many find room beside each other; of more, the last place is a menu's. */
const IN_A_ROW = 2;

/**
 * Ways to reach an instance.
 *
 * @param {import('../../app/context.js').AppContext} context
 */
export function connectCell({ notices }) {
  const row = h('div', { class: 'cell-buttons' });
  const element = h('td', { role: 'cell', class: 'cell-connect', data: { label: 'Connect' } }, row);

  /** @param {Connection} connection */
  const copy = async ({ what, text }) => {
    if (await copyText(text)) notices.success(`Copied the ${what}.`);
  };
  /**
   * @param {Connection} connection
   * @param {string} name of the instance
   */
  const button = (connection, name) => {
    const { kind, label, what, text } = connection;
    const title = kind === 'open' ? `Open ${what}: ${text}` : `Copy ${what}`;
    const ofWhom = h('span', { class: 'visually-hidden' }, ` of ${name}, ${kind === 'open' ? 'opens a tab' : 'copy'}`);
    return kind === 'open'
      ? h(
          'a',
          { class: 'button small', href: text, target: '_blank', rel: 'noopener noreferrer', title },
          label,
          ofWhom,
          icon('open'),
        )
      : h(
          'button',
          { class: 'button small', type: 'button', title, on: { click: () => void copy(connection) } },
          label,
          ofWhom,
          icon('copy'),
        );
  };
  /** @param {Connection} connection @returns {import('../../dom/menu.js').MenuItem} */
  const item = (connection) =>
    connection.kind === 'open'
      ? { label: `Open ${connection.what}`, href: connection.text }
      : { label: `Copy ${connection.what}`, pick: () => void copy(connection) };

  return {
    element,
    /** @param {Instance} instance */
    update(instance) {
      const connections = connectionsOf(instance);
      setAttribute(element, 'data-empty', connections.length === 0 ? '' : null);
      const atHand = connections.length <= IN_A_ROW ? connections : connections.slice(0, IN_A_ROW);
      const rest = connections.slice(atHand.length);
      refill(row, [instance.name, connections], () => [
        atHand.map((connection) => button(connection, instance.name)),
        rest.length > 0 &&
          menuButton({
            name: `more ways to reach ${instance.name}`,
            label: `+${rest.length}`,
            items: () => rest.map(item),
          }),
      ]);
    },
  };
}
