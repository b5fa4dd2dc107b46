import { newIdempotencyKey } from '../net/http-client.js';
import { whileBusy } from '../ui/buttons.js';
import { h, setHidden, setText } from '../ui/dom.js';
import { watchAll } from '../ui/store.js';
import { areRunsOff } from './sync-messages.js';
import { SYNC } from './words.js';

/**
 * The button that keeps syncs from beginning by themselves, or lets them again; null for a key that may not. Where the
 * settings keep them from it there is nothing to pause, which the line of the next run says.
 *
 * @param {import('../routing/router.js').ViewContext} view
 */
export function automationButton({ http, fleet, toasts, session, signal }) {
  if (!session.mayCommand) return null;
  const button = h('button', { class: 'button', type: 'button', hidden: true });
  const isPaused = () => fleet.sync.get()?.paused !== undefined;
  watchAll(
    [fleet.sync, fleet.health],
    () => {
      setHidden(button, fleet.sync.get() === null || (areRunsOff(fleet.health.get()) && !isPaused()));
      setText(button, isPaused() ? SYNC.resume : SYNC.pause);
    },
    signal,
  );
  const toggle = async () => {
    const command = isPaused() ? 'resume' : 'pause';
    try {
      const headers = { 'idempotency-key': newIdempotencyKey() };
      const isNewest = fleet.reads.sync.begin();
      const { body } = await http.post(`/api/v1/sync/${command}`, undefined, { headers });
      if (isNewest()) fleet.sync.set(body);
      // A read that came meanwhile may be older or newer than the answer: only another read decides.
      else await fleet.readSync();
      toasts.success(command === 'pause' ? SYNC.paused : SYNC.resumed);
    } catch (error) {
      toasts.failure(error);
    }
  };
  button.addEventListener('click', () => void whileBusy(button, toggle));
  return button;
}
