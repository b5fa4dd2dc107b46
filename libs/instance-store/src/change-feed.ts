import type { Timestamp } from '@app/platform';
import type { InstanceRecord } from './instance.js';
import type { InstanceId } from './instance-id.js';

/**
 * What happened, as the feed names it. `instance.created` is said once, when the record is inserted;
 * `instance.updated` covers every write that has no name of its own.
 */
export type ChangeType =
  | 'instance.created'
  | 'instance.starting'
  | 'instance.running'
  | 'instance.health_checking'
  | 'instance.ready'
  | 'instance.stopping'
  | 'instance.stopped'
  | 'instance.restarting'
  | 'instance.migrating'
  | 'instance.deleting'
  | 'instance.terminated'
  | 'instance.failed'
  | 'instance.auto_stop_warning'
  | 'instance.updated'
  | 'instance.removed';

/** One entry of the change feed, which is also the outbox: written with the record or not at all. */
export interface InstanceChange {
  /** The feed's entry id (`<ms>-<n>`); the event id everywhere. */
  readonly entryId: string;
  readonly type: ChangeType;
  readonly at: Timestamp;
  readonly instanceId: InstanceId;
  readonly revision: number;
  /** The record as written; null when it was removed. */
  readonly record: InstanceRecord | null;
}
