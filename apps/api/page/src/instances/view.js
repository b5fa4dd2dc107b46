import { followAddress } from '../fleet/table-address.js';
import { actionButton } from '../ui/buttons.js';
import { viewHead } from '../ui/parts.js';
import { instancesView } from './instances.js';
import { INSTANCES } from './words.js';

/** The instances of the fleet: the view that the page begins with. */

export const title = INSTANCES.title;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { fleet, actions, place, signal } = view;
  const update = followAddress(fleet.table, place, signal);
  fleet.useTable(signal);
  const stopAll = actions.ofFleet('stopAll');
  const create = actions.ofFleet('create');
  const head = viewHead(
    title,
    stopAll !== null && actionButton(stopAll),
    create !== null && actionButton(create, { class: 'button primary' }),
  );
  const heading = /** @type {HTMLElement} */ (head.firstElementChild);
  host.append(head, instancesView(view, heading));
  return { update, shown: fleet.ahead ?? Promise.resolve() };
}
