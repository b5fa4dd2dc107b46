import { openAdopt } from '../views/adopt.view.js';
import { openAutoStopSettings } from '../views/auto-stop-settings.view.js';
import { openConfirmDelete } from '../views/confirm-delete.view.js';
import { createDialog } from '../views/create.view.js';
import { openKeepBusy } from '../views/keep-busy.view.js';
import { openMetrics } from '../views/metrics.view.js';
import { openSeveral } from '../views/several.view.js';
import { openStopAll } from '../views/stop-all.view.js';
import { openSyncNow } from '../views/sync-now.view.js';
import { openWhyPanel } from '../views/why-panel.view.js';
import { openQueues } from './open-queues.js';
import { sendAndTell } from './send-command.js';

/**
 * @param {import('../app/context.js').ContextParts} parts
 * @returns {import('../app/context.js').Actions}
 */
export function createActions(parts) {
  /** @type {import('../app/context.js').Actions} */
  const actions = {
    start: (instance) => sendAndTell(parts, 'start', instance),
    stop: (instance) => sendAndTell(parts, 'stop', instance),
    restart: (instance) => sendAndTell(parts, 'restart', instance),
    confirmDelete: (instance) => openConfirmDelete(parts, instance),
    keepBusy: (instance) => openKeepBusy(parts, instance),
    changeAutoStop: (instance) => openAutoStopSettings(parts, instance),
    adopt: (instance) => openAdopt(parts, instance),
    explain: (instance) => openWhyPanel({ ...parts, actions }, instance),
    several: (command, instances) => openSeveral(parts, command, instances),
    stopAll: () => openStopAll(parts),
    syncNow: () => openSyncNow(parts),
    create: createDialog(parts),
    showMetrics: () => openMetrics(parts),
    showQueues: () => openQueues(parts),
  };
  return actions;
}
