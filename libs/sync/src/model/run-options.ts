/** The settings of the sync: when it runs, and by which rules a run goes over the instances. */
import type { RecordSettings } from '@app/instance-store';
import type { ScheduleSettings } from '@app/jobs';
import type { FleetId } from '@app/redis';
import type { SyncSettings } from './sync.settings.js';

/** When and under which lock runs happen. Times in ms. */
export abstract class RunOptions {
  /** How long the lock outlives its last renewal. */
  abstract readonly lockTtlMs: number;
  /** From one scheduled run to the next; also the longest pause before a retry. */
  abstract readonly intervalMs: number;
  /** Whether runs are scheduled. */
  abstract readonly automatic: boolean;
}

export function runOptionsOf(settings: SyncSettings, schedule: ScheduleSettings): RunOptions {
  return {
    lockTtlMs: settings.SYNC_LOCK_TTL,
    intervalMs: schedule.SYNC_INTERVAL_MINUTES,
    automatic: schedule.SYNC_ENABLE_AUTOMATIC_SYNC,
  };
}

/** The policy for records of instances that no longer exist. */
export interface ObsoletePolicy {
  /** Removes every record at once instead of keeping those of instances that had started. */
  readonly removeObsolete: boolean;
  /** How long the record of a terminated instance is kept, from its termination. */
  readonly retentionMs: number;
}

/** The rules of a pass over the instances. */
export abstract class InstancePolicy {
  /** Four characters that mark an instance as ours. */
  abstract readonly fleetId: string;
  /** How much older than a listing a record must be for the listing to prove anything about it. */
  abstract readonly missingGraceMs: number;
  abstract readonly obsolete: ObsoletePolicy;
  /** The threshold of the mass-removal guard. */
  abstract readonly maxObsoletePercent: number;
}

/** @param fleet read at each use: its id may be settled after this object is made */
export function instancePolicyOf(settings: SyncSettings, records: RecordSettings, fleet: FleetId): InstancePolicy {
  return {
    get fleetId() {
      return fleet.value;
    },
    missingGraceMs: settings.SYNC_MISSING_GRACE,
    obsolete: {
      removeObsolete: settings.SYNC_REMOVE_OBSOLETE_INSTANCES,
      retentionMs: records.SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS,
    },
    maxObsoletePercent: settings.SYNC_MAX_OBSOLETE_PERCENT,
  };
}
