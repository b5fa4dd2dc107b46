import { actionButton, whileBusy } from '../ui/buttons.js';
import { fill, h, setHidden } from '../ui/dom.js';
import { emptyState, skeleton, viewHead } from '../ui/parts.js';
import { UI } from '../ui/words.js';
import { automationButton } from './automation.js';
import { heldBanner } from './held-banner.js';
import { syncHistoryView } from './history.js';
import { syncProgressView } from './sync-progress.js';
import { SYNC } from './words.js';

/** The sync with Novita: how far it is, how the latest runs went, and how to begin one. */

export const title = SYNC.title;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { fleet, signal } = view;
  const syncNow = view.actions.ofFleet('syncNow');
  const button = syncNow === null ? null : actionButton(syncNow, { class: 'button primary', text: `${syncNow.text}…` });
  const content = h('div', { class: 'sync-content' }, heldBanner(view), syncProgressView(view), syncHistoryView(view));
  const instead = h('div', {}, skeleton(6));
  const again = h('button', { class: 'button', type: 'button' }, UI.tryAgain);
  const read = async () => {
    await fleet.readSync();
    if (fleet.sync.get() === null) fill(instead, emptyState(SYNC.notRead, '', again));
  };
  again.addEventListener('click', () => void whileBusy(again, read));
  fleet.sync.watch((sync) => {
    setHidden(content, sync === null);
    setHidden(instead, sync !== null);
  }, signal);
  host.append(
    viewHead(title, automationButton(view), button),
    h('p', { class: 'view-lead' }, SYNC.what),
    instead,
    content,
  );
  return { shown: read() };
}
