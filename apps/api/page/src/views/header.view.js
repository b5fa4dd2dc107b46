import { whileBusy } from '../dom/busy.js';
import { h, setText } from '../dom/h.js';
import { attentionCount } from '../format/dashboard-words.js';
import { accountMenuView } from './account-menu.view.js';
import { serviceStateView } from './service-state.view.js';
import { syncProgressView } from './sync-progress.view.js';
import { troublesView } from './troubles.view.js';

const TITLE = 'novita-fleet';
const SANDBOX_HINT = 'No machine and no dollar here is real. A sandbox answers in place of Novita.';

/**
 * What the page is, how the service is and how old what it shows is, and what can be done about that.
 *
 * @param {import('../app/context.js').AppContext} context
 * @returns {HTMLElement}
 */
export function headerView(context) {
  // There from the beginning: a region that comes with its text is often not read.
  const announcement = h('p', { role: 'status', class: 'visually-hidden' });
  /** @param {string} text */
  const announce = (text) => setText(announcement, text);
  showAttentionInTitle(context);
  return h(
    'header',
    { class: 'page-header' },
    h(
      'div',
      { class: 'page-bar' },
      h('h1', {}, TITLE),
      sandboxBadge(context),
      serviceStateView(context),
      h(
        'div',
        { class: 'page-actions' },
        context.session.mayCommand &&
          h('button', { class: 'button', type: 'button', on: { click: () => context.actions.syncNow() } }, 'Sync now'),
        refreshButton(context, announce),
        accountMenuView(context),
      ),
    ),
    troublesView(context, announce),
    syncProgressView(context, announce),
    announcement,
  );
}

/**
 * Says that nothing is real, once what answers has said so: whatever else the page shows reads like the real thing. Who
 * signed in is answered while there is no dashboard, too.
 *
 * @param {import('../app/context.js').AppContext} context
 */
function sandboxBadge({ fleet, session }) {
  const badge = h(
    'strong',
    {
      class: 'badge',
      hidden: session.me.sandbox !== true,
      data: { tone: 'warn', part: 'sandbox' },
      title: SANDBOX_HINT,
    },
    'SANDBOX',
    h('span', { class: 'visually-hidden' }, `: ${SANDBOX_HINT}`),
  );
  fleet.dashboard.watch((dashboard) => {
    // What answers does not change while a dashboard is not known.
    if (dashboard !== null) badge.hidden = dashboard.sandbox !== true;
  });
  return badge;
}

/**
 * @param {import('../app/context.js').AppContext} context
 * @param {(text: string) => void} announce
 */
function refreshButton({ fleet }, announce) {
  /** @type {HTMLButtonElement} */
  const button = h('button', { class: 'button', type: 'button', on: { click: () => void refresh() } }, 'Refresh');
  const refresh = () =>
    whileBusy(button, async () => {
      announce('');
      await fleet.refresh();
      const isRead = fleet.data.get().isReachable && fleet.table.state.get().problem === null;
      announce(isRead ? 'Everything was read anew.' : 'Not everything could be read anew.');
    });
  return button;
}

/** @param {import('../app/context.js').AppContext} context */
function showAttentionInTitle({ fleet }) {
  fleet.dashboard.watch((dashboard) => {
    const count = dashboard === null || dashboard.unknown !== undefined ? 0 : attentionCount(dashboard.attention);
    const title = count === 0 ? TITLE : `(${count}) ${TITLE}`;
    if (document.title !== title) document.title = title;
  });
}
