import type { AuditLog } from './audit-log.port.js';
import type { FleetEvents } from './change-feed.port.js';
import type { Deadlines } from './deadlines.port.js';
import type { IdleTracker } from './idle-tracker.port.js';
import type { InstanceRecords } from './instance-records.port.js';
import type { ListingDigests } from './listing-digests.port.js';
import type { SpendMeter } from './spend-meter.port.js';

/** The ports of one store, for those that make one: `InstanceStoreModule` and tests. Everybody else injects a port. */
export interface InstanceStore {
  readonly records: InstanceRecords;
  readonly deadlines: Deadlines;
  readonly idle: IdleTracker;
  readonly digests: ListingDigests;
  readonly audit: AuditLog;
  readonly spend: SpendMeter;
  readonly events: FleetEvents;
}
