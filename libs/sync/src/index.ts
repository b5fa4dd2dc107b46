export { syncProblems } from './model/sync.problems.js';
export { SyncSettings } from './model/sync.settings.js';
export {
  MAX_ACTIONS,
  NOT_STARTED,
  NOVITA_SOURCE,
  type PlannedAction,
  SYNC_KINDS,
  type SyncAction,
  type SyncKind,
  type SyncOptions,
  type SyncOrder,
  type SyncReport,
  type SyncResult,
} from './model/sync-run.js';
export { type Orphan, type OrphanClass, OrphanCommands } from './orphans/orphan-commands.js';
export { SyncProcessor } from './runner/sync.processor.js';
export { type SyncAnswer, SyncRequests } from './schedule/sync-requests.js';
export { StandInFleetModule } from './stand-in/stand-in-fleet.js';
export { FleetFreshnessModule, SyncModule } from './sync.module.js';
export { SyncWorkerModule } from './sync-worker.module.js';
