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

/** A change of one instance, an entry of the change feed, which is also the outbox: written with the record or not at all. */
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

/** The day's spend has reached a level of the day's limit; said once for each level, day and limit. USD. */
export interface SpendWarning {
  /** Of UTC, such as `2026-03-01`. */
  readonly day: string;
  readonly levelPercent: number;
  readonly spentUsd: number;
  readonly limitUsd: number;
  /** Whether creates are refused at 100 %. */
  readonly enforced: boolean;
}

/** What is to be told of the fleet as a whole, with no instance that it is about. */
export type FleetNews = { readonly type: 'spend.warning'; readonly data: SpendWarning };

/** News of the fleet, an entry of the change feed among those of instances. */
export type FleetNotice = FleetNews & {
  /** As of an `InstanceChange`, in one order with them. */
  readonly entryId: string;
  readonly at: Timestamp;
};

export type FeedEntry = InstanceChange | FleetNotice;

/** Whether an entry is about one instance; otherwise it is a `FleetNotice`. */
export function isInstanceChange(entry: FeedEntry): entry is InstanceChange {
  return entry.type !== 'spend.warning';
}
