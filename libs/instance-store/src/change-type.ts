import type { ChangeType } from './change-feed.js';
import type { InstanceStatus } from './instance-status.js';

/**
 * What the feed calls a write that changed the status to this one. `instance.created` is said once, when the record is
 * inserted; the two statuses of making the machine have no name of their own.
 */
const REACHED: Record<InstanceStatus, ChangeType> = {
  creating: 'instance.updated',
  created: 'instance.updated',
  starting: 'instance.starting',
  running: 'instance.running',
  health_checking: 'instance.health_checking',
  ready: 'instance.ready',
  stopping: 'instance.stopping',
  stopped: 'instance.stopped',
  restarting: 'instance.restarting',
  migrating: 'instance.migrating',
  deleting: 'instance.deleting',
  terminated: 'instance.terminated',
  failed: 'instance.failed',
};

export function changeTypeOnReaching(status: InstanceStatus): ChangeType {
  return REACHED[status];
}
