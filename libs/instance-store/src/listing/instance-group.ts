import type { InstanceRecord } from '../instance.js';
import { isLive } from '../instance-status.js';
import type { InstanceGroup } from '../instance-store.port.js';

/** The group that a record is in, of which an index exists; null for one that somebody here owns or that is gone. */
export function groupOf({ origin, status, ignored }: InstanceRecord): InstanceGroup | null {
  if (origin !== 'discovered' || !isLive(status)) return null;
  return ignored === null ? 'orphan' : 'ignored-orphan';
}
