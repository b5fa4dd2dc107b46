import type { Settings } from '@app/platform';
import type { FleetId } from '@app/redis';
import type { ObsoletePolicy } from '../rules/obsolete-action.js';

/** By what a pass over the instances goes. */
export abstract class InstancePassOptions {
  /** Four characters: whose markers are ours. */
  abstract readonly fleetId: string;
  /** How much older than a listing a record must be for the listing to say anything of it. */
  abstract readonly missingGraceMs: number;
  abstract readonly obsolete: ObsoletePolicy;
  abstract readonly maxObsoletePercent: number;
}

export function instancePassOptionsOf(settings: Settings, fleet: FleetId): InstancePassOptions {
  return {
    get fleetId() {
      return fleet.value;
    },
    missingGraceMs: settings.SYNC_MISSING_GRACE,
    obsolete: {
      removeObsolete: settings.SYNC_REMOVE_OBSOLETE_INSTANCES,
      retentionMs: settings.SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS,
    },
    maxObsoletePercent: settings.SYNC_MAX_OBSOLETE_PERCENT,
  };
}
