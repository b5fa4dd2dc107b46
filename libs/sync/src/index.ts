export * from './orphans/orphan-commands.port.js';
export * from './requests/sync-requests.port.js';
export * from './run/sync-options.js';
export * from './run/sync-report.js';
export * from './status/sync-status.js';
export * from './status/sync-status-store.port.js';
export * from './status/sync-status-view.js';
export * from './sync-kinds.js';
