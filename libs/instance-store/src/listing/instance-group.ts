import type { InstanceRecord } from '../instance.js';
import { isLive } from '../instance-status.js';

/** Instances at the provider that were made elsewhere and that nobody has adopted: to be looked at, or set aside. */
export type InstanceGroup = 'orphan' | 'ignored-orphan';

/** The group that a record is in, of which an index exists; null for one that somebody here owns or that is gone. */
export function groupOf({ origin, status, ignored }: InstanceRecord): InstanceGroup | null {
  if (origin !== 'discovered' || !isLive(status)) return null;
  return ignored === null ? 'orphan' : 'ignored-orphan';
}
