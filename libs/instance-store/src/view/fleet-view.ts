import type { Timestamp } from '@app/platform';
import type { BillingMode, InstanceOrigin, InstanceRecord, StoredInstance } from '../instance.js';
import type { InstanceId, NovitaInstanceId } from '../instance-id.js';
import type { InstanceStatus } from '../instance-status.js';
import type { InstanceGroup } from '../listing/instance-group.js';
import type { FleetCounts } from '../record/instance-records.port.js';

export const FLEET_SORT_KEYS = ['createdAt', 'name', 'price', 'idle', 'uptime', 'status', 'region'] as const;
export type FleetSortKey = (typeof FLEET_SORT_KEYS)[number];
/** Descending with a hyphen. What has no price, no idle time, no uptime or no region counts as the least of all. */
export type FleetSort = FleetSortKey | `-${FleetSortKey}`;

/** An instance is listed when it agrees with every member that is given. */
export interface FleetFilter {
  /** Any of these. */
  readonly statuses?: readonly InstanceStatus[];
  /** As the provider names it, such as `US-01 (Dallas)`. */
  readonly region?: string;
  /** Anywhere in the name, in any case. */
  readonly name?: string;
  /** The product's id, or anywhere in its name, in any case. */
  readonly product?: string;
  readonly origin?: InstanceOrigin;
  readonly billing?: BillingMode;
  readonly group?: InstanceGroup;
  /** At least so long idle, in milliseconds; what neither runs nor is ready is never idle. */
  readonly idleForMs?: number;
}

export interface FleetQuery extends FleetFilter {
  /** 1 to 200. */
  readonly limit: number;
  /** From the page before, with the same order; absent for the first. */
  readonly cursor?: string;
  readonly sort: FleetSort;
}

interface FleetAnswer {
  /**
   * Up to when this process surely knew every change: it waits for later ones, or the store does not answer. Null for an
   * answer that has them all.
   */
  readonly behindSince: Timestamp | null;
}

export interface FleetPage extends FleetAnswer {
  readonly instances: readonly StoredInstance[];
  readonly total: number;
  readonly nextCursor: string | null;
}

export interface FleetCountsRead extends FleetAnswer, FleetCounts {
  /** Records in the store that cannot be read, as counted last; they are in no other figure. */
  readonly unreadable: number;
}

export interface FleetRead extends FleetAnswer, StoredInstance {}

/** Thrown for a list while this process has not read the fleet yet; it is being read. */
export class FleetNotLoadedError extends Error {
  override readonly name = 'FleetNotLoadedError';

  constructor() {
    super('the instances are still being read into this process');
  }
}

/**
 * The fleet as this process sees it. Every read shows all writes that were acknowledged before it was asked for, by
 * whichever process; costs the same at every fleet size, but for the first list of a filter and order, and for the first
 * after a change, which go through the fleet once in memory. By idleness, order and filter may lag by two seconds. While
 * the store is away, or has lost data that is being written back, answers are from memory and say so; without REDIS_ENABLE_FALLBACK, or before the fleet was read, all methods throw `StoreUnavailableError`.
 */
export abstract class FleetView {
  /**
   * By either id.
   * @throws CorruptRecordError
   */
  abstract get(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null>;

  /** From memory, without a word of the store: as it was known last. By either id. */
  abstract known(ref: InstanceId | NovitaInstanceId): InstanceRecord | null;

  /**
   * While the store is away: shows this record in place of the known one, such as one with a desired state that is to be
   * carried out meanwhile. What the store says when it is back counts again. Nothing happens while it is not away.
   */
  abstract assume(record: InstanceRecord): void;

  /**
   * Shows these records until the store has been read for the first time, as by a process that begins while it is away.
   * Replaces those of the call before, but keeps the desired state of the assumed ones until the records agree with it;
   * nothing happens once the store was read.
   * @param asOf when they were observed; what is answered from them is as of this time
   */
  abstract seed(records: readonly InstanceRecord[], asOf: Timestamp): void;

  /** Whether the store has ever been read; before that, only what was seeded is shown. */
  abstract readonly wasRead: boolean;

  /** When the store answered last, or what is shown instead was observed, while it does not; null while it does. Costs nothing. */
  abstract storeAwaySince(): Timestamp | null;

  /** The instances that no answer holds because their stored records are damaged. Costs nothing. */
  abstract unreadable(): readonly InstanceId[];

  /** @throws InvalidCursorError, FleetNotLoadedError, RangeError for a limit outside 1 to 200 */
  abstract list(query: FleetQuery): Promise<FleetPage>;

  /** @throws FleetNotLoadedError */
  abstract counts(): Promise<FleetCountsRead>;

  /**
   * Calls the listener after the store has lost data, and this process has written back what it knew.
   * @returns ends the subscription
   */
  abstract onDataLoss(listener: () => void): () => void;
}

/** What a read must know of the store beside the records: how far the feed is, and what moves without a feed entry. */
export interface ReadMark {
  /** Of the feed's latest entry; `BEFORE_FIRST_ENTRY` when there is none. */
  readonly position: string;
  /** Of the store's data; null when nobody has given it one since it was empty. */
  readonly incarnation: string | null;
  /** In the order of the ids; null for one that was never used or does not exist. */
  readonly lastUsed: readonly (Timestamp | null)[];
}

export interface HeldVersion {
  readonly revision: number;
  readonly lastUsedAt: Timestamp | null;
}

/** By which a feed that was trimmed is told apart from one that has lost data. */
export interface FeedState {
  readonly incarnation: string | null;
  /** Ids of the first and the latest entry; `BEFORE_FIRST_ENTRY` when there is none. */
  readonly first: string;
  readonly latest: string;
  /** Whether the entry that was asked for is there. */
  readonly holds: boolean;
}

/** What reads from memory ask of the store; no documents. All methods throw `StoreUnavailableError`. */
export abstract class ReadMarks {
  /** One round trip, however many ids. */
  abstract read(ids: readonly InstanceId[]): Promise<ReadMark>;

  /** In the order of the ids; null for one that does not exist. One round trip. */
  abstract versions(ids: readonly InstanceId[]): Promise<readonly (HeldVersion | null)[]>;

  abstract feedState(position: string): Promise<FeedState>;

  /** Names the store's data: a name that is lost with them is never given again. */
  abstract incarnation(): Promise<string>;

  /** The instances whose removal is on the feed. */
  abstract removals(): Promise<readonly InstanceId[]>;
}

/** A record with what it is filtered and sorted by, made once for each revision. */
export interface FleetEntry {
  readonly record: InstanceRecord;
  readonly lowerName: string;
  readonly lowerProduct: string;
  readonly keys: Readonly<Record<Exclude<FleetSortKey, 'idle'>, string | number>> & { idle: number };
  /** Since when it would be idle if nobody had used it, in epoch milliseconds; null when it is not ready. */
  readonly idleBaseMs: number | null;
}
