export { CheckTrigger, type TriggeredCheck } from './check/check-trigger.js';
export { FailedMigrations, type RetriedMigration, type RetryReport } from './check/failed-migrations.js';
export { MigrationCheckProcessor } from './check/migration-check.processor.js';
export { ReclaimedInstances } from './check/reclaimed-instances.js';
export { MigrationModule, MigrationWorkerModule } from './migration.module.js';
export { migrationProblems } from './migration.problems.js';
export { MigrationOptions } from './migration-options.js';
export type { CandidateVerdict, MigrationCheckReport } from './stats/check-report.js';
export { type MigrationStanding, MigrationStatus } from './status/migration-status.js';
