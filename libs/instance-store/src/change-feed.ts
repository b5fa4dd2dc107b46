import type { Timestamp } from '@app/platform';
import type { InstanceRecord } from './instance.js';
import type { InstanceId } from './instance-id.js';

/**
 * What happens to instances, as the feed names it: a closed set. `instance.created` is said once, when the record of an
 * instance of ours is inserted, `instance.orphan_detected` when that of one made elsewhere is; `instance.updated` covers
 * every write that has no name of its own. `instance.auto_stopped` and `instance.migrated` come right after the entry
 * that tells the new status, of the same write. `instance.unconfirmed` says that a stop or delete has been waiting for
 * the provider's agreement for longer than anybody expects.
 */
export const CHANGE_TYPES = [
  'instance.created',
  'instance.orphan_detected',
  'instance.starting',
  'instance.running',
  'instance.health_checking',
  'instance.ready',
  'instance.stopping',
  'instance.stopped',
  'instance.auto_stopped',
  'instance.restarting',
  'instance.migrating',
  'instance.migrated',
  'instance.deleting',
  'instance.terminated',
  'instance.failed',
  'instance.auto_stop_warning',
  'instance.unconfirmed',
  'instance.updated',
  'instance.removed',
] as const;
export type ChangeType = (typeof CHANGE_TYPES)[number];

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

/** What is to be told of one run of the sync, as far as it is known at that time. */
export interface SyncNews {
  readonly runId: string;
  /** What began it, such as `schedule`. */
  readonly trigger: string;
  readonly startedAt: Timestamp;
  /** Null while it runs. */
  readonly endedAt: Timestamp | null;
  readonly error: string | null;
  /** How many records it changed, by what it did; null while it runs. */
  readonly changes: Readonly<Record<string, number>> | null;
  readonly held: { readonly since: Timestamp; readonly reason: string; readonly wouldRemove: number } | null;
}

export const SYNC_NEWS_TYPES = ['sync.started', 'sync.completed', 'sync.failed', 'sync.held'] as const;
export type SyncNewsType = (typeof SYNC_NEWS_TYPES)[number];

/** What is to be told of the fleet as a whole, with no instance that it is about. */
export type FleetNews =
  | { readonly type: 'spend.warning'; readonly data: SpendWarning }
  | { readonly type: SyncNewsType; readonly data: SyncNews };

/** News of the fleet, an entry of the change feed among those of instances. */
export type FleetNotice = FleetNews & {
  /** As of an `InstanceChange`, in one order with them. */
  readonly entryId: string;
  readonly at: Timestamp;
};

export type FeedEntry = InstanceChange | FleetNotice;

/** Whether an entry is about one instance; otherwise it is a `FleetNotice`. */
export function isInstanceChange(entry: FeedEntry): entry is InstanceChange {
  return 'instanceId' in entry;
}
