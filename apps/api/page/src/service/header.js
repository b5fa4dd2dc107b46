import { attentionCount, figuresOf } from '../overview/overview-messages.js';
import { syncProgressView } from '../sync/sync-progress.js';
import { actionButton, whileBusy } from '../ui/buttons.js';
import { h, setText } from '../ui/dom.js';
import { accountMenuView } from './account-menu.js';
import { serviceStateView, troublesView } from './service-state.js';

const TITLE = 'novita-fleet';
const SANDBOX_HINT = 'No machine and no dollar here is real. A sandbox answers in place of Novita.';

/**
 * The head of the page: state of the service, age of the data, and the actions that help.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @returns {HTMLElement}
 */
export function headerView(context) {
  const syncNow = context.actions.ofFleet('syncNow');
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
        syncNow !== null && actionButton(syncNow),
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
 * Says that nothing is real, once the service has said so: everything else on the page reads like the real thing. The
 * sign-in also says it, while there is no dashboard yet.
 *
 * @param {import('../fleet/context.js').AppContext} context
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
    // The service stays the same while a dashboard is not known.
    if (dashboard !== null) badge.hidden = dashboard.sandbox !== true;
  });
  return badge;
}

/**
 * @param {import('../fleet/context.js').AppContext} context
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

/** @param {import('../fleet/context.js').AppContext} context */
function showAttentionInTitle({ fleet }) {
  fleet.dashboard.watch((dashboard) => {
    const figures = figuresOf(dashboard);
    const count = figures === null ? 0 : attentionCount(figures.attention);
    const title = count === 0 ? TITLE : `(${count}) ${TITLE}`;
    if (document.title !== title) document.title = title;
  });
}
