import { openQueues } from './open-queues.js';
import { sendAndTell } from './send-command.js';

/** @typedef {typeof import('./dialogs.js')} Dialogs */

/** @returns {Promise<Dialogs>} */
export const loadDialogs = () => import('./dialogs.js');

/**
 * @param {import('../app/context.js').ContextParts} parts
 * @returns {import('../app/context.js').Actions}
 */
export function createActions(parts) {
  /** @param {(dialogs: Dialogs) => void | Promise<void>} use */
  const open = async (use) => {
    try {
      await use(await loadDialogs());
    } catch (error) {
      parts.notices.failure(error);
    }
  };
  /** Keeps what was filled in over a closed dialog. @type {(() => void) | undefined} */
  let openCreate;
  /** @type {import('../app/context.js').Actions} */
  const actions = {
    start: (instance) => sendAndTell(parts, 'start', instance),
    stop: (instance) => sendAndTell(parts, 'stop', instance),
    restart: (instance) => sendAndTell(parts, 'restart', instance),
    confirmDelete: (instance) => void open((dialogs) => dialogs.openConfirmDelete(parts, instance)),
    keepBusy: (instance) => void open((dialogs) => dialogs.openKeepBusy(parts, instance)),
    changeAutoStop: (instance) => void open((dialogs) => dialogs.openAutoStopSettings(parts, instance)),
    adopt: (instance) => void open((dialogs) => dialogs.openAdopt(parts, instance)),
    explain: (instance) => void open((dialogs) => dialogs.openWhyPanel({ ...parts, actions }, instance)),
    several: (command, instances) => void open((dialogs) => dialogs.openSeveral(parts, command, instances)),
    stopAll: () => void open((dialogs) => dialogs.openStopAll(parts)),
    syncNow: () => void open((dialogs) => dialogs.openSyncNow(parts)),
    create: () =>
      void open((dialogs) => {
        openCreate ??= dialogs.createDialog(parts);
        openCreate();
      }),
    showMetrics: () => open((dialogs) => dialogs.openMetrics(parts)),
    showQueues: () => openQueues(parts),
  };
  return actions;
}
