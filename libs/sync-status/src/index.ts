export { SyncIndicator, SyncLockIndicator } from './health/sync-health.js';
export { kubernetesSyncProviders } from './kubernetes-sync.providers.js';
export { type KindReport, settledCount } from './model/kind-progress.js';
export { beginRun, endDeadRun } from './model/run-transitions.js';
export {
  isCount,
  isFlag,
  isText,
  isTimestamp,
  listOf,
  objectOf,
  oneOf,
  orNull,
  readShaped,
  type Shape,
} from './model/shapes.js';
export { isChanges, isHeld, isOutcome } from './model/stored-documents.js';
export {
  type ChangeCounts,
  type HeldSummary,
  type NamespaceProgress,
  NO_CHANGES,
  notStarted,
  type ResourceProgress,
  type RunStatus,
  type SourceDescription,
  SYNC_EVENT_TYPES,
  SYNC_SOURCES,
  type SyncEvent,
  type SyncEventType,
  type SyncHistoryEntry,
  type SyncPause,
  type SyncSnapshot,
  type SyncSource,
  type SyncState,
  type SyncStep,
  UNKNOWN_SYNC,
} from './model/sync-status.js';
export {
  KubernetesSync,
  type KubernetesSyncPlaces,
  KubernetesSyncRequests,
  StoredKubernetesSyncRequests,
} from './requests/kubernetes-sync.js';
export { MemoryRelistQueue } from './requests/memory-relist-queue.js';
export { RedisRelistQueue } from './requests/redis-relist-queue.js';
export { type RelistOrder, RelistQueue, type RelistRequest } from './requests/relist-queue.js';
export { PublishedJournal, type RunJournal, RunPublisher, SILENT_JOURNAL } from './runner/run-publisher.js';
export { type ReportersLock, type RunDetails, RunReporter } from './runner/run-reporter.js';
export {
  effectiveRun,
  estimateRemaining,
  type LastSuccessJson,
  type NamespaceStatusJson,
  type OtherNamespacesJson,
  presentNamespaces,
  presentSyncStatus,
  type ResourceStatusJson,
  type SyncStatusJson,
} from './shown/shown-status.js';
export { type HeaderPair, SYNC_HEADERS, syncHeaders } from './shown/sync-headers.js';
export { expectedDuration, type HistorySummary, summariseHistory } from './shown/sync-history.js';
export { MemorySyncStatusStore, type MemorySyncStatusStoreOptions } from './store/memory-sync-status-store.js';
export { RedisSyncStatusStore, type RedisSyncStatusStoreOptions } from './store/redis-sync-status-store.js';
export {
  InvalidEventIdError,
  KEPT_RUNS,
  type PublishOptions,
  SyncStatusStore,
  SyncStatusUnavailableError,
} from './store/sync-status-store.js';
export { FollowingSyncStatusView, SyncStatusView } from './view/sync-status-view.js';
