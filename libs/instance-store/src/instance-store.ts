import type { Deadlines } from './deadlines.port.js';
import type { FleetEvents } from './feed/fleet-events.port.js';
import type { IdleTracker } from './idle/idle-tracker.port.js';
import type { AuditLog } from './ledger/audit-log.port.js';
import type { ListingDigests } from './listing/listing-digests.port.js';
import type { InstanceRecords } from './record/instance-records.port.js';
import type { SpendMeter } from './spend/spend-meter.port.js';

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
