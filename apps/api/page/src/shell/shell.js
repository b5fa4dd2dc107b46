import { attentionCount, figuresOf } from '../fleet/figures.js';
import { followNotices } from '../notices/follow-notices.js';
import { followKeys } from '../palette/follow-keys.js';
import { troublesView } from '../service/troubles.js';
import { h, setText } from '../ui/dom.js';
import { watchAll } from '../ui/store.js';
import { navigationView } from './navigation.js';
import { topBarView } from './top-bar.js';
import { SHELL } from './words.js';

/**
 * The frame around every view: top bar, line of the sync, navigation, banners. The views themselves are the router's.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {HTMLElement} main where the router shows views
 * @param {(text: string) => void} announce
 */
export function shellView(context, main, announce) {
  const click = () => main.querySelector('h1')?.focus();
  const skip = h('button', { class: 'skip', type: 'button', on: { click } }, SHELL.skip);
  followTitle(context);
  followKeys(context);
  followNotices(context);
  return [
    skip,
    topBarView(context, announce),
    navigationView(context),
    h('div', { class: 'page-body' }, troublesView(context, announce), main),
  ];
}

/** Where results are said to who cannot see the page. There from the beginning: a region that comes with its text is often not read. */
export function announcer() {
  const element = h('p', { role: 'status', class: 'visually-hidden' });
  return { element, announce: (/** @type {string} */ text) => setText(element, text) };
}

/** Where the views are shown. */
export function mainHost() {
  return h('main', { class: 'page-main' });
}

/**
 * The title of the tab: how much needs attention, the view, the product.
 *
 * @param {import('../fleet/context.js').AppContext} context
 */
function followTitle({ fleet, router }) {
  watchAll([fleet.dashboard, router.title], () => {
    const figures = figuresOf(fleet.dashboard.get());
    const count = figures === null ? 0 : attentionCount(figures.attention);
    const view = router.title.get();
    const title = [view, SHELL.product].filter(Boolean).join(' · ');
    const shown = count === 0 ? title : `(${count}) ${title}`;
    if (document.title !== shown) document.title = shown;
  });
}
