import type { Timestamp } from '@app/platform';
import type { BillingMode, InstanceOrigin, InstanceRecord, StoredInstance } from '../instance.js';
import type { InstanceId, NovitaInstanceId } from '../instance-id.js';
import type { InstanceStatus } from '../instance-status.js';
import type { InstanceGroup } from '../instance-store.port.js';

export const FLEET_SORT_KEYS = ['createdAt', 'name', 'price', 'uptime', 'status', 'region'] as const;
export type FleetSortKey = (typeof FLEET_SORT_KEYS)[number];
/** Descending with a hyphen. What has no price, no uptime or no region counts as the least of all. */
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
 * after a change, which go through the fleet once in memory. While the store is away, answers are from memory and say so;
 * without REDIS_ENABLE_FALLBACK, or before the fleet was read, all methods throw `StoreUnavailableError`.
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

  /** @throws InvalidCursorError, FleetNotLoadedError, RangeError for a limit outside 1 to 200 */
  abstract list(query: FleetQuery): Promise<FleetPage>;
}

/** What a read must know of the store beside the records: how far the feed is, and what moves without a feed entry. */
export interface ReadMark {
  /** Of the feed's latest entry; `BEFORE_FIRST_ENTRY` when there is none. */
  readonly position: string;
  /** In the order of the ids; null for one that was never used or does not exist. */
  readonly lastUsed: readonly (Timestamp | null)[];
}

/** Marks for reads from memory: one round trip, however many ids, and no documents. */
export abstract class ReadMarks {
  /** @throws StoreUnavailableError */
  abstract read(ids: readonly InstanceId[]): Promise<ReadMark>;
}

/** A record with what it is filtered and sorted by, made once for each revision. */
export interface FleetEntry {
  readonly record: InstanceRecord;
  readonly lowerName: string;
  readonly lowerProduct: string;
  readonly keys: Readonly<Record<FleetSortKey, string | number>>;
}
