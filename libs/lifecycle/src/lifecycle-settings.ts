import type { Settings } from '@app/platform';
import type { FleetId } from '@app/redis';
import type { CreateOptions } from './commands/resolve-create.js';
import type { LifecycleOptions } from './reconcile/policy-source.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The times that are not settings, and those that are. */
export function lifecycleOptionsOf(settings: Settings): LifecycleOptions {
  const pollIntervalMs = settings.INSTANCE_POLL_INTERVAL;
  return {
    maxRequestsPerSecond: settings.NOVITA_MAX_REQUESTS_PER_SECOND,
    policy: {
      pollIntervalMs,
      startupTimeoutMs: settings.INSTANCE_STARTUP_TIMEOUT,
      createRetryGraceMs: settings.CREATE_RETRY_GRACE,
      backOff: { firstMs: Math.min(5 * SECOND, pollIntervalMs), maxMs: 5 * MINUTE },
      // The sync looks at every instance, and wakes the life cycle where what it sees does not fit.
      settledRefreshMs: settings.SYNC_ENABLE_AUTOMATIC_SYNC ? null : 10 * MINUTE,
      tombstoneMs: settings.SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS,
      foreignChangeAgeMs: MINUTE,
    },
  };
}

export function createOptionsOf(settings: Settings, fleet: FleetId): CreateOptions {
  return {
    get fleetId() {
      return fleet.value;
    },
    defaults: { billingMode: settings.DEFAULT_BILLING_MODE, region: settings.DEFAULT_REGION },
  };
}
