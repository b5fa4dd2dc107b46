import type { MigrationSettings } from '@app/instance-store';

/** The settings of migration. Times in milliseconds. */
export abstract class MigrationOptions {
  abstract readonly enabled: boolean;
  /** Between two checks. */
  abstract readonly intervalMs: number;
  /** What follows when Novita has no machine to migrate to. */
  abstract readonly fallback: MigrationSettings['MIGRATION_FALLBACK'];
  /** How long one migration may take. */
  abstract readonly timeoutMs: number;
}

export function migrationOptionsOf(settings: MigrationSettings): MigrationOptions {
  return {
    enabled: settings.MIGRATION_ENABLED,
    intervalMs: settings.MIGRATION_INTERVAL_MINUTES,
    fallback: settings.MIGRATION_FALLBACK,
    timeoutMs: settings.MIGRATION_TIMEOUT,
  };
}
