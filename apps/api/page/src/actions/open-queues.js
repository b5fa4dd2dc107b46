import { addressOf } from '../http/http-client.js';

/**
 * Opens the board of the queues in a tab of its own, once the session for it exists. `noopener` does more than cut the
 * way back: without it the browser copies the session storage of this tab, and with it the key, into the new one.
 *
 * @param {import('../app/context.js').ContextParts} parts
 */
export async function openQueues({ http, notices }) {
  try {
    await http.post('/admin/queues/session');
  } catch (error) {
    notices.failure(error);
    return;
  }
  // A press lets the page open a tab for a few seconds, and `window.open` does not tell whether one without opener came.
  if (!navigator.userActivation.isActive) {
    notices.failureText('The session for the queues took a while to begin. It is there now: choose Queues again.');
    return;
  }
  window.open(addressOf('/admin/queues'), '_blank', 'noopener,noreferrer');
}
