export { ChangeFeedModule, InstanceStoreModule, JournalModule } from './instance-store.module.js';
export { CommandJournal, JournalUnavailableError } from './journal/command-journal.js';
export { type DegradedCommand, DegradedMode } from './journal/degraded-mode.js';
export * from './journal/journal-entry.js';
export { JournalReport } from './journal/journal-report.js';
export { MemoryChangeFeed } from './memory/memory-change-feed.js';
export { MemoryReadMarks } from './memory/memory-read-marks.js';
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './memory/memory-store.js';
export { AUDIT_LOG_LENGTH } from './plan/audit-lines.js';
export { commitmentsIn, costInDay } from './plan/commitment.js';
export { costMicro, costOf } from './plan/cost.js';
export { IdleSettings, LONGEST_THRESHOLD_MS } from './plan/idle.settings.js';
export {
  type IdleClock,
  type IdleCounting,
  type IdleExemption,
  type IdleRules,
  idleBase,
  idleCounting,
  idleRulesOf,
  idleSinceMs,
  stopAtMs,
} from './plan/idle-clock.js';
export { IDLE_REASONS, type IdleReason, idleReason } from './plan/idle-reason.js';
export { meterOf, usdFromMicro } from './plan/meter.js';
export { confirmByMs } from './plan/prepared-record.js';
export { dayOf, firstDayOfMonth, monthOf, startOfDayMs } from './plan/spend-days.js';
export * from './ports/audit-log.port.js';
export * from './ports/change-feed.port.js';
export * from './ports/deadlines.port.js';
export * from './ports/held-stops.port.js';
export * from './ports/idle-tracker.port.js';
export * from './ports/instance-records.port.js';
export * from './ports/instance-store.js';
export * from './ports/listing-digests.port.js';
export * from './ports/read-marks.port.js';
export * from './ports/replacement-preview.port.js';
export * from './ports/spend-meter.port.js';
export {
  IdentityTakenError,
  InvalidCursorError,
  OverCapError,
  StoreUnavailableError,
  WriteOutcomeUnknownError,
} from './ports/store-errors.js';
export { NO_ATTEMPTS, recordWithDesiredState, timestampsOfNewRun } from './record/desired-state.js';
export * from './record/identity.js';
export * from './record/instance.js';
export { instanceProblems } from './record/instance.problems.js';
export * from './record/instance-status.js';
export * from './record/key-limits.js';
export * from './record/lifetime.js';
export * from './record/migration.js';
export { MIGRATION_FALLBACKS, type MigrationFallbackSetting, MigrationSettings } from './record/migration.settings.js';
export * from './record/migration-state.js';
export { CorruptRecordError, NewerRecordError } from './record/parse-record.js';
export type { ProductCandidate } from './record/product-candidate.js';
export { RecordSettings } from './record/record.settings.js';
export { RECORD_SCHEMA } from './record/record-schema.js';
export * from './record/report-token.js';
export * from './record/stop-hold.js';
export * from './record/stop-hold-state.js';
export { hashTagOf, STORE_KEYS } from './redis/keys.js';
export { orStoreError } from './redis/keyspace.js';
export { RedisChangeFeed, type RedisChangeFeedOptions } from './redis/redis-change-feed.js';
export { RedisReadMarks } from './redis/redis-read-marks.js';
export { type RedisStoreOptions, redisStore } from './redis/redis-store.js';
export { JournalQuarantine, RecordQuarantine } from './store-quarantine.js';
export { ChangeFeedView, type FeedListener, FollowingChangeFeed } from './view/change-feed-view.js';
export {
  ATTENTION_REASONS,
  type AttentionReason,
  type BilledAs,
  billedAs,
  type FleetSummary,
  FleetSums,
} from './view/fleet-figures.js';
export { FleetIndex } from './view/fleet-index.js';
export * from './view/fleet-view.js';
export * from './view/store-availability.js';
export { WatchCache } from './view/watch-cache.js';
