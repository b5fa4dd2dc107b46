import type { Timestamp, TraceCarrier } from '@app/platform';
import { streamPosition } from '@app/redis';
import type { InstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { InvalidCursorError } from './store-errors.js';

/**
 * What happens to instances, as the feed names it: a closed set. `instance.created` comes once, when the record of an
 * instance of ours is inserted, and `instance.orphan_detected` when that of one made elsewhere is. `instance.updated`
 * covers every write that has no name of its own. `instance.auto_stopped`, `instance.stopped_by_spend_limit` and
 * `instance.migrated` follow directly on the entry with the new status, of the same write. `instance.stop_pending` says that a stop waits for the endpoints that
 * hold it, and `instance.stop_hold_ended` how that ended. `instance.unconfirmed` says that a stop or delete has been waiting
 * for the provider's agreement for longer than anybody expects.
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
  'instance.stopped_by_spend_limit',
  'instance.restarting',
  'instance.migrating',
  'instance.migrated',
  'instance.deleting',
  'instance.terminated',
  'instance.failed',
  'instance.auto_stop_warning',
  'instance.stop_pending',
  'instance.stop_hold_ended',
  'instance.unconfirmed',
  'instance.updated',
  'instance.removed',
] as const;
export type ChangeType = (typeof CHANGE_TYPES)[number];

/**
 * A change of one instance, an entry of the change feed, which is also the outbox: written with the record or not at
 * all.
 */
export interface InstanceChange {
  /** The feed's entry id (`<ms>-<n>`); the event id everywhere. */
  readonly entryId: string;
  readonly type: ChangeType;
  readonly at: Timestamp;
  readonly instanceId: InstanceId;
  readonly revision: number;
  /** The record as written; null when it was removed. */
  readonly record: InstanceRecord | null;
  /** The span that it was written in; absent while traces are off. */
  readonly trace?: TraceCarrier;
}

/** The day's spend has reached a level of the day's limit; emitted once for each level, day and limit. USD. */
export interface SpendWarning {
  /** Of UTC, such as `2026-03-01`. */
  readonly day: string;
  readonly levelPercent: number;
  readonly spentUsd: number;
  readonly limitUsd: number;
  /** Whether creates are rejected at 100 %. */
  readonly enforced: boolean;
  /** Whose limit it is, such as `user:ci`; absent for that of the fleet. */
  readonly owner?: string;
}

/** Novita has billed something else for a day than the meters have counted; emitted once for each day. USD. */
export interface BillDifference {
  /** Of UTC, such as `2026-03-01`. */
  readonly day: string;
  readonly meteredUsd: number;
  readonly billedUsd: number;
  /** Of the greater of the two; above 0 when more was billed. */
  readonly differencePercent: number;
  readonly tolerancePercent: number;
}

/** What an event says of one run of the sync, as far as it is known at that time. */
export interface SyncFeedEvent {
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

export const SYNC_FEED_EVENT_TYPES = ['sync.started', 'sync.completed', 'sync.failed', 'sync.held'] as const;
export type SyncFeedEventType = (typeof SYNC_FEED_EVENT_TYPES)[number];

/** A webhook endpoint gets nothing any more, until somebody resumes it. */
export interface WebhookDisabled {
  readonly endpointId: string;
  readonly url: string;
  /** `gone-410` or `failed-5-days`. */
  readonly reason: string;
  /** Since when every attempt has failed; null when none had failed before. */
  readonly failingSince: Timestamp | null;
}

/** An event of the fleet as a whole, about no single instance, before it has a place on the feed. */
export type NewFleetEvent =
  | { readonly type: 'webhook.disabled'; readonly data: WebhookDisabled }
  | { readonly type: 'spend.warning'; readonly data: SpendWarning }
  | { readonly type: 'spend.bill_differs'; readonly data: BillDifference }
  | { readonly type: SyncFeedEventType; readonly data: SyncFeedEvent };

/** Total: an event of the fleet without a line here does not compile. */
const OF_THE_FLEET: Readonly<Record<NewFleetEvent['type'], true>> = {
  'sync.started': true,
  'sync.completed': true,
  'sync.failed': true,
  'sync.held': true,
  'spend.warning': true,
  'spend.bill_differs': true,
  'webhook.disabled': true,
};
export const FLEET_EVENT_TYPES = Object.keys(OF_THE_FLEET) as readonly NewFleetEvent['type'][];

/** An event of the fleet as an entry of the change feed, among those of instances. */
export type FleetEvent = NewFleetEvent & {
  /** As of an `InstanceChange`, in one order with them. */
  readonly entryId: string;
  readonly at: Timestamp;
};

export type FeedEntry = InstanceChange | FleetEvent;

/** Whether an entry is about one instance; otherwise it is a `FleetEvent`. */
export function isInstanceChange(entry: FeedEntry): entry is InstanceChange {
  return 'instanceId' in entry;
}

/**
 * About so many entries of the change feed are kept. Everybody who writes to one feed has to use the same limit: by it
 * readers know that a short feed was never trimmed.
 */
export const CHANGE_FEED_LIMIT = 10_000;

/** What following the feed yields. */
export type FeedPiece =
  | {
      readonly kind: 'entries';
      readonly entries: readonly FeedEntry[];
      /** Of the last entry that was read, whether or not it could be understood. */
      readonly position: string;
      /** Whose entries could not be understood, and are left out. */
      readonly unread: readonly InstanceId[];
    }
  /**
   * The feed does not know the position any more (Redis was emptied, or fell back), so entries may be lost. It goes on
   * after this one.
   */
  | { readonly kind: 'lost'; readonly position: string };

/** The oldest entry of the feed. */
export interface OldestEntry {
  readonly position: string;
  /** Empty when it could not be understood. */
  readonly entries: readonly FeedEntry[];
}

/** A piece of the feed read backwards. */
export interface FeedPage {
  /** The latest first; without those that were not wanted or could not be understood. */
  readonly entries: readonly FeedEntry[];
  /** Of the latest entry that was read, wanted or not; null when none was. */
  readonly latest: string | null;
  /** Where older ones follow; null when none are kept. */
  readonly next: string | null;
}

/** Whether an entry is wanted, by what is known of it before its record is parsed. */
export type FeedFilter = (type: FeedEntry['type'], instanceId: InstanceId | null) => boolean;

/** The position before the first entry. */
export const BEFORE_FIRST_ENTRY = '0-0';

/**
 * Reads the change feed. About the latest 10,000 entries are kept. All methods throw `StoreUnavailableError` when the
 * store cannot be reached, and `InvalidCursorError` for what is no entry id.
 */
export abstract class ChangeFeed {
  /**
   * Entries after that one, oldest first.
   * @param entryId of an entry that was read before, or `BEFORE_FIRST_ENTRY`
   * @returns null when some of them may have been trimmed away, or that one was lost with all that Redis held
   */
  abstract after(entryId: string, limit: number): Promise<readonly FeedEntry[] | null>;

  /**
   * Entries before that one, the latest first. One round trip.
   * @param entryId null for the latest of all
   * @param limit entries that are read; fewer of them may be wanted
   */
  abstract before(entryId: string | null, limit: number, wants?: FeedFilter): Promise<FeedPage>;

  /** Of the latest entry; `BEFORE_FIRST_ENTRY` when there is none. */
  abstract latestId(): Promise<string>;

  /** The oldest entry that is kept: where somebody goes on who has lost some. Null when there is none. */
  abstract oldest(): Promise<OldestEntry | null>;

  /**
   * Every entry after that one as it comes, until the signal ends it. Goes on by itself after Redis was away. There is
   * one reader for a whole process: all others subscribe to `ChangeFeedView`.
   *
   * @param onInterruption called when the feed cannot be read, and when it can be read again
   */
  abstract watch(
    entryId: string,
    signal: AbortSignal,
    onInterruption: (isInterrupted: boolean) => void,
  ): AsyncIterable<FeedPiece>;
}

/**
 * Emits events of the fleet that no write of a record emits. Throws `StoreUnavailableError` when the store cannot be
 * reached.
 */
export abstract class FleetEvents {
  /**
   * Emits an event on the change feed, unless one was emitted under the same key in the last 48 hours.
   * @param key at most 200 characters
   * @returns whether it was emitted now
   */
  abstract emitOnce(key: string, event: NewFleetEvent): Promise<boolean>;
}

/**
 * @param entryId an id of the change feed, or `BEFORE_FIRST_ENTRY`; may come from a client
 * @returns it as the feed writes it, without leading zeros
 * @throws InvalidCursorError
 */
export function feedPosition(entryId: string): string {
  const position = streamPosition(entryId);
  if (position === null) throw new InvalidCursorError('not the id of a change');
  return position.join('-');
}
