import { addressOf } from '../http/http-client.js';
import { ProblemError } from '../http/problem.js';

/**
 * Opens the board of the queues in a tab of its own. The tab is opened by the press itself, since browsers block one that
 * comes later, and led to the board once the session for it exists.
 *
 * @param {import('../app/context.js').ContextParts} parts
 */
export async function openQueues({ http, notices }) {
  const tab = window.open('', '_blank');
  if (tab === null) {
    notices.failure(
      new ProblemError({
        code: 'tab-blocked',
        status: 0,
        title: 'The browser did not open a new tab.',
        suggestion: 'Allow pop-ups for this page and try again.',
      }),
    );
    return;
  }
  // What the board does must not reach this page.
  tab.opener = null;
  try {
    await http.post('/admin/queues/session');
    tab.location.replace(addressOf('/admin/queues'));
  } catch (error) {
    tab.close();
    notices.failure(error);
  }
}
