import { h, setHidden, setText } from '../ui/dom.js';
import { counted } from '../ui/format.js';
import { openSyncNow } from './sync-dialog.js';
import { SYNC } from './words.js';

/**
 * A listing that is held back, and the way to let it through; nothing while none is. The banner of the page says why.
 *
 * @param {import('../routing/router.js').ViewContext} view
 */
export function heldBanner(view) {
  const { fleet, session, signal } = view;
  const text = h('p', {});
  const through = h('button', { class: 'button', type: 'button' }, SYNC.letThrough);
  through.addEventListener('click', () => openSyncNow(view, { isForced: true }));
  const element = h(
    'section',
    { class: 'card sync-held', 'aria-label': SYNC.heldTitle, hidden: true },
    h('h2', {}, SYNC.heldTitle),
    text,
    session.mayCommand && through,
  );
  fleet.sync.watch((sync) => {
    const held = sync?.held;
    setHidden(element, held === undefined);
    if (held === undefined) return;
    setText(text, SYNC.heldText(counted(held.wouldRemove, SYNC.record)));
  }, signal);
  return element;
}
