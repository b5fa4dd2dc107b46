import { actionButton } from '../ui/buttons.js';
import { viewHead } from '../ui/parts.js';
import { syncHistoryView } from './history.js';
import { syncProgressView } from './sync-progress.js';
import { SYNC } from './words.js';

/** The sync with Novita: how far it is, how the latest runs went, and how to begin one. */

export const title = SYNC.title;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const syncNow = view.actions.ofFleet('syncNow');
  const button = syncNow === null ? null : actionButton(syncNow, { class: 'button primary', text: `${syncNow.text}…` });
  host.append(viewHead(title, button), syncProgressView(view), syncHistoryView(view));
  return { shown: view.fleet.readSync() };
}
