/**
 * All dialogs, as one part that is loaded after the first view: nobody opens one before the fleet is shown.
 */
export { openAdopt } from '../views/adopt.view.js';
export { openAutoStopSettings } from '../views/auto-stop-settings.view.js';
export { openConfirmDelete } from '../views/confirm-delete.view.js';
export { createDialog } from '../views/create.view.js';
export { openKeepBusy } from '../views/keep-busy.view.js';
export { openMetrics } from '../views/metrics.view.js';
export { openSeveral } from '../views/several.view.js';
export { openStopAll } from '../views/stop-all.view.js';
export { openSyncNow } from '../views/sync-now.view.js';
export { openWhyPanel } from '../views/why-panel.view.js';
