import { lastSyncMessage, progressMessage, progressOf } from '../sync/sync-messages.js';
import { h, setAttribute, setHidden } from '../ui/dom.js';
import { SHELL } from './words.js';

/**
 * A thin line below the top bar while a sync runs, and nothing otherwise. All else about it is in its view.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {(text: string) => void} announce
 */
export function syncLineView({ fleet }, announce) {
  const bar = h('progress', { class: 'top-progress-bar' });
  const element = h('div', { class: 'top-progress', hidden: true }, bar);
  let status = fleet.sync.get()?.status;
  fleet.sync.watch((sync) => {
    const isRunning = sync?.status === 'in_progress';
    setHidden(element, !isRunning);
    if (isRunning) {
      const { value, max } = progressOf(sync);
      bar.max = max;
      bar.value = value;
      const text = SHELL.syncing(progressMessage(sync));
      setAttribute(bar, 'aria-label', text);
      setAttribute(element, 'title', text);
    }
    if (status === 'in_progress' && sync !== null && !isRunning) announce(lastSyncMessage(sync, Date.now()).text);
    status = sync?.status;
  });
  return element;
}
