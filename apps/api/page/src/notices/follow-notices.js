import { viewAddress } from '../routing/links.js';
import { permission, presentChoices } from './choices.js';
import { noticeOf } from './notice-rules.js';

/**
 * Shows a notice for each event that somebody chose, and keeps events coming to a hidden page as long as any is chosen.
 *
 * @param {import('../fleet/context.js').AppContext} context
 */
export function followNotices({ fleet, router, toasts }) {
  fleet.isWantedHidden = () => permission() === 'granted' && Object.keys(presentChoices()).length > 0;
  fleet.onEvent((type, data) => {
    if (!type.startsWith('instance.') || permission() !== 'granted') return;
    const notice = noticeOf(type, data, presentChoices());
    if (notice === null) return;
    const sayHere = () => toasts.success(`${notice.title}. ${notice.body}`);
    try {
      const shown = new Notification(notice.title, { body: notice.body, tag: notice.tag });
      // The system may refuse what the browser allows.
      shown.addEventListener('error', sayHere);
      shown.addEventListener('click', () => {
        globalThis.focus();
        void router.go(viewAddress('instance', { id: notice.instanceId }));
        shown.close();
      });
    } catch {
      // Browsers of phones show none for a page alone.
      sayHere();
    }
  }, new AbortController().signal);
}

/** @param {import('../fleet/context.js').AppContext} context */
export async function openNoticeListOf({ toasts }) {
  try {
    const { openNoticeList } = await import('./notice-dialog.js');
    openNoticeList();
  } catch (error) {
    toasts.failure(error);
  }
}
