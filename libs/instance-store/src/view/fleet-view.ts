import type { Timestamp } from '@app/platform';
import type { IdleReason } from '../plan/idle-reason.js';
import type { FleetCounts } from '../ports/instance-records.port.js';
import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import type { BillingMode, InstanceGroup, InstanceOrigin, InstanceRecord, StoredInstance } from '../record/instance.js';
import type { InstanceStatus } from '../record/instance-status.js';
import type { AttentionReason, FleetSummary } from './fleet-figures.js';

export const FLEET_SORT_KEYS = [
  'createdAt',
  'name',
  'price',
  'idle',
  'uptime',
  'status',
  'region',
  'cost',
  'stopsAt',
  'owner',
  'product',
  'image',
  'billing',
  'origin',
] as const;
export type FleetSortKey = (typeof FLEET_SORT_KEYS)[number];
/**
 * Descending with a hyphen. An instance without price, idle time, uptime, cost or region counts as the least of all, one that
 * auto-stop does not stop as the last to be stopped.
 */
export type FleetSort = FleetSortKey | `-${FleetSortKey}`;

export function sortKeyOf(sort: FleetSort): FleetSortKey {
  return (sort.startsWith('-') ? sort.slice(1) : sort) as FleetSortKey;
}

/** Instances of one page. */
export const LONGEST_PAGE = 200;

/** The instances that one figure of the fleet is the sum of. */
export const FLEET_FIGURES = ['running', 'billed', 'billed-though-stopped', 'idle', 'attention'] as const;
export type FleetFigure = (typeof FLEET_FIGURES)[number];

/** An instance is listed when it agrees with every member that is given; of a list, with any of its members. */
export interface FleetFilter {
  /** Of either kind. */
  readonly ids?: readonly (InstanceId | NovitaInstanceId)[];
  readonly statuses?: readonly InstanceStatus[];
  /** As the provider names them, such as `US-01 (Dallas)`. */
  readonly regions?: readonly string[];
  /** Anywhere in the name, in any case. */
  readonly name?: string;
  /** Anywhere in the name, in either id, in image, template or product, in any case. */
  readonly search?: string;
  /** Each the product's id, or anywhere in its name, in any case. */
  readonly products?: readonly string[];
  readonly origins?: readonly InstanceOrigin[];
  readonly billings?: readonly BillingMode[];
  /** As `ownerOf` says it. */
  readonly owners?: readonly string[];
  readonly show?: FleetFigure;
  /** Idle by what is known, for any of these reasons. */
  readonly idleReasons?: readonly IdleReason[];
  readonly attention?: readonly AttentionReason[];
  readonly group?: InstanceGroup;
  /** At least so long idle, in milliseconds; an instance that neither runs nor is ready is never idle. */
  readonly idleForMs?: number;
}

export interface FleetQuery extends FleetFilter {
  /** 1 to `LONGEST_PAGE`. */
  readonly limit: number;
  /** From the page before, with the same order; absent for the first. */
  readonly cursor?: string;
  readonly sort: FleetSort;
}

interface FleetAnswer {
  /**
   * Up to when this process surely knew every change, while it waits for later ones or the store does not answer. Null
   * for an answer that has them all.
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

/** Every instance that matches a filter, by id; without their latest uses. */
export interface FleetMatches extends FleetAnswer {
  readonly records: readonly InstanceRecord[];
}

export interface FleetSummaryRead extends FleetAnswer, FleetSummary {}

export interface FleetRead extends FleetAnswer, StoredInstance {}

/** Thrown for a list while this process has not read the fleet yet; it is being read. */
export class FleetNotLoadedError extends Error {
  override readonly name = 'FleetNotLoadedError';

  constructor() {
    super('the instances are still being read into this process');
  }
}

/**
 * The fleet as this process holds it in memory. Every read shows all writes that any process acknowledged before the
 * read was asked for. A read costs the store the same at every fleet size; only the first list of a filter and order, and the
 * first one after a change, go through the fleet once in memory. Order and filter by idleness may lag by two seconds.
 * While the store is away, or has lost data that are being written back, answers are from memory and say so; without
 * REDIS_ENABLE_FALLBACK, or before the fleet was read, all methods throw `StoreUnavailableError`.
 */
export abstract class FleetView {
  /**
   * By either id.
   * @throws CorruptRecordError
   */
  abstract get(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null>;

  /** From memory, without asking the store: as it was known last. By either id. */
  abstract known(ref: InstanceId | NovitaInstanceId): InstanceRecord | null;

  /**
   * While the store is away: shows this record in place of the known one, such as one with a desired state that is to
   * be carried out meanwhile. The store's own record counts again when it is back. Nothing happens while it is not
   * away.
   */
  abstract assume(record: InstanceRecord): void;

  /**
   * Shows these records until the store has been read for the first time: for a process that begins while it is away.
   * Replaces those of the call before, but keeps the desired state of the assumed ones until the records agree with it.
   * Nothing happens once the store was read.
   * @param asOf when they were observed; answers from them are as of this time
   */
  abstract seed(records: readonly InstanceRecord[], asOf: Timestamp): void;

  /** Whether the store has ever been read; before that, only seeded records are shown. */
  abstract readonly wasRead: boolean;

  /**
   * While the store does not answer: when it answered last, or when the seeded records were observed that are shown
   * instead. Null while it answers. Costs nothing.
   */
  abstract storeAwaySince(): Timestamp | null;

  /** The instances that no answer holds because their stored records are damaged. Costs nothing. */
  abstract unreadable(): readonly InstanceId[];

  /** @throws InvalidCursorError, FleetNotLoadedError, RangeError for a limit outside 1 to 200 */
  abstract list(query: FleetQuery): Promise<FleetPage>;

  /**
   * What the instances that match add up to, all of one moment: the same that the rows of the list with this filter add up to.
   * The first one of a filter goes through the fleet in memory; its sums go with each change then. What goes by use may lag by
   * two seconds.
   * @throws FleetNotLoadedError
   */
  abstract summarize(filter: FleetFilter): Promise<FleetSummaryRead>;

  /**
   * All that match at once, for a command on each of them. Goes once through the fleet in memory.
   * @throws FleetNotLoadedError
   */
  abstract match(filter: FleetFilter): Promise<FleetMatches>;

  /**
   * The live instances of an owner, as `ownerOf` says it. In proportion to them; the first one of an owner goes once through the
   * fleet in memory.
   * @throws FleetNotLoadedError
   */
  abstract liveOf(owner: string): Promise<FleetMatches>;

  /** @throws FleetNotLoadedError */
  abstract counts(): Promise<FleetCountsRead>;

  /**
   * Calls the listener after the store has lost data, and this process has written back what it knew.
   * @returns ends the subscription
   */
  abstract onDataLoss(listener: () => void): () => void;
}
