import { ROOT } from '../net/address.js';
import { h } from '../ui/dom.js';
import { pathOfView } from './views.js';

/**
 * The address of a view of this page, for a link or for `router.go`.
 *
 * @param {import('./views.js').ViewName} name
 * @param {{readonly id?: string, readonly search?: string}} [part] `search` with its question mark
 */
export function viewAddress(name, part) {
  return pathOfView(ROOT, name, part);
}

/**
 * The name of an instance, which leads to its own view wherever it stands.
 *
 * @param {{readonly id: string, readonly name: string}} instance
 * @param {string} [tab] of that view
 */
export function instanceLink({ id, name }, tab) {
  const search = tab === undefined ? '' : `?tab=${tab}`;
  return h('a', { class: 'instance-link', href: viewAddress('instance', { id, search }), title: name }, name);
}
