import { type FleetCounts, INSTANCE_STATUSES, maybeBilling } from '@app/instance-store';

/** Those that are or may be billed, by their status. */
export function runningOf({ byStatus }: FleetCounts): number {
  return INSTANCE_STATUSES.filter(maybeBilling).reduce((sum, status) => sum + byStatus[status], 0);
}
