import {
  AuditLog,
  Deadlines,
  FleetEvents,
  IdleTracker,
  InstanceRecords,
  type InstanceStore,
  ListingDigests,
  SpendMeter,
} from '@app/instance-store';
import type { INestApplicationContext } from '@nestjs/common';

/** The ports of the store of an app, for tests that use many of them. */
export function storeOf(app: INestApplicationContext): InstanceStore {
  return {
    records: app.get(InstanceRecords),
    deadlines: app.get(Deadlines),
    idle: app.get(IdleTracker),
    digests: app.get(ListingDigests),
    audit: app.get(AuditLog),
    spend: app.get(SpendMeter),
    events: app.get(FleetEvents),
  };
}
