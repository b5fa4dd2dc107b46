export { syncProblems } from './model/sync.problems.js';
export { SyncSettings } from './model/sync.settings.js';
export {
  type ChangeCounts,
  type HeldSummary,
  MAX_ACTIONS,
  NO_CHANGES,
  type PlannedAction,
  SYNC_KINDS,
  type SyncAction,
  type SyncKind,
  type SyncOptions,
  type SyncOrder,
  type SyncReport,
  type SyncResult,
} from './model/sync-run.js';
export {
  NOT_STARTED,
  type ResourceProgress,
  type RunStatus,
  SYNC_EVENT_TYPES,
  type SyncEvent,
  type SyncEventType,
  type SyncHistoryEntry,
  type SyncPause,
  type SyncSnapshot,
  type SyncState,
  type SyncStep,
} from './model/sync-status.js';
export { type Orphan, type OrphanClass, OrphanCommands } from './orphans/orphan-commands.js';
export { SyncProcessor } from './runner/sync.processor.js';
export { type SyncAnswer, SyncRequests } from './schedule/sync-requests.js';
export { StandInFleetModule } from './stand-in/stand-in-fleet.js';
export { MemorySyncStatusStore, type MemorySyncStatusStoreOptions } from './status/memory-sync-status-store.js';
export { RedisSyncStatusStore, type RedisSyncStatusStoreOptions } from './status/redis-sync-status-store.js';
export {
  effectiveRun,
  type LastSuccessJson,
  presentSyncStatus,
  type ResourceStatusJson,
  type SyncStatusJson,
} from './status/shown-status.js';
export { type HeaderPair, SYNC_HEADERS, syncHeaders } from './status/sync-headers.js';
export { type HistorySummary, summariseHistory } from './status/sync-history.js';
export {
  InvalidEventIdError,
  KEPT_RUNS,
  type PublishOptions,
  SyncStatusStore,
  SyncStatusUnavailableError,
} from './status/sync-status-store.js';
export { SyncStatusView, UNKNOWN_SYNC } from './status/sync-status-view.js';
export { FleetFreshnessModule, SyncModule } from './sync.module.js';
export { SyncWorkerModule } from './sync-worker.module.js';
