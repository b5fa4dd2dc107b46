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

/**
 * What a write announces if it changes the status. Whether it does is known only where the record is written, so this is
 * told beforehand.
 */
export interface Announcement {
  readonly reached: ChangeType;
  /** A second entry, right after the first; `from` is the status that it has to come from, null for any. */
  readonly also: { readonly type: ChangeType; readonly from: InstanceStatus | null } | null;
}

export function announcementOf({ status, desired }: Pick<InstanceRecord, 'status' | 'desired'>): Announcement {
  const reached = REACHED[status];
  if (status === 'stopped' && desired.by === 'auto-stop') {
    return { reached, also: { type: 'instance.auto_stopped', from: null } };
  }
  if (AFTER_MIGRATION.has(status)) return { reached, also: { type: 'instance.migrated', from: 'migrating' } };
  return { reached, also: null };
}

/** The entries of one write, in order. `announceWrite` in fragments.lua.ts says the same. */
export function changesOfWrite(
  before: InstanceStatus,
  written: Pick<InstanceRecord, 'status' | 'desired'>,
): readonly ChangeType[] {
  if (written.status === before) return ['instance.updated'];
  const { reached, also } = announcementOf(written);
  return also !== null && (also.from === null || also.from === before) ? [reached, also.type] : [reached];
}

export function changeOfInsert({ origin }: Pick<InstanceRecord, 'origin'>): ChangeType {
  return origin === 'discovered' ? 'instance.orphan_detected' : 'instance.created';
}
