import type { ChangeType } from './change-feed.js';
import type { InstanceRecord } from './instance.js';
import type { InstanceStatus } from './instance-status.js';

/** What the feed calls a write that changed the status to this one. The two statuses of making the machine have no name. */
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

/** Where a migration leads to when it succeeds. */
const AFTER_MIGRATION: ReadonlySet<InstanceStatus> = new Set(['starting', 'running', 'health_checking', 'ready']);

/** The entries of one write, in order: a second one says what the change of status means beside the first. */
export function changesOfWrite(
  before: InstanceStatus,
  { status, desired }: Pick<InstanceRecord, 'status' | 'desired'>,
): readonly ChangeType[] {
  if (status === before) return ['instance.updated'];
  const reached = REACHED[status];
  if (status === 'stopped' && desired.by === 'auto-stop') return [reached, 'instance.auto_stopped'];
  if (before === 'migrating' && AFTER_MIGRATION.has(status)) return [reached, 'instance.migrated'];
  return [reached];
}

export function changeOfInsert({ origin }: Pick<InstanceRecord, 'origin'>): ChangeType {
  return origin === 'discovered' ? 'instance.orphan_detected' : 'instance.created';
}
