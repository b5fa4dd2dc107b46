import { INSTANCE_STATUSES, type InstanceStatus } from '../instance-status.js';
import type { FleetCounts } from '../instance-store.port.js';

/** @param discovered how many of them were made elsewhere */
export function fleetCounts(countOf: (status: InstanceStatus) => number, discovered: number): FleetCounts {
  const byStatus: Partial<Record<InstanceStatus, number>> = {};
  let total = 0;
  for (const status of INSTANCE_STATUSES) {
    const count = countOf(status);
    byStatus[status] = count;
    total += count;
  }
  return { total, byStatus: byStatus as Record<InstanceStatus, number>, discovered };
}
