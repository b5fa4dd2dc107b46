import type { LockHold, Timestamp } from '@app/platform';
import type { InstanceChange } from './change-feed.js';
import type { DeadlineKind, InstanceRecord, StoredInstance } from './instance.js';
import type { InstanceId, NovitaInstanceId } from './instance-id.js';
import type { InstanceStatus } from './instance-status.js';

/** A record that was never written; the store gives it revision 1. */
export type NewInstanceRecord = Omit<InstanceRecord, 'revision'>;

/**
 * What a write rests on.
 *
 * `command`: a wish or a decision of ours. `observation`: what the provider was seen to say at `observedAt`; the store
 * refuses it when that lies before the record's `desired.at`, whatever revision it names.
 */
export type WriteBasis =
  | { readonly kind: 'command' }
  | { readonly kind: 'observation'; readonly observedAt: Timestamp };

/** Made under a lock: refused with `LockLostError` once that acquisition of the lock is over. */
export interface UnderLock {
  readonly hold: LockHold;
}

/**
 * A picture is a short text that stands for what a listing showed of an instance. The store keeps, beside each live
 * record with a provider's id, the picture that the record was last set against; every write without one makes it
 * unknown again, so an equal picture always means that there is nothing to do.
 */
export interface WriteOptions extends Partial<UnderLock> {
  readonly picture?: string;
}

/** A listing showed what the record says already: only the picture is noted, without a new revision. */
export interface PictureNote {
  readonly id: InstanceId;
  /** The note is dropped when the record has another revision by now. */
  readonly revision: number;
  readonly picture: string;
}

export interface ImportedInstance {
  readonly record: NewInstanceRecord;
  readonly picture: string;
}

export type WriteResult =
  | { readonly outcome: 'written'; readonly stored: StoredInstance }
  /** Somebody wrote in between; `current` is what stands there now. */
  | { readonly outcome: 'stale'; readonly current: StoredInstance }
  /** The observation was made before the present wish. */
  | { readonly outcome: 'outdated-observation'; readonly current: StoredInstance }
  | { readonly outcome: 'missing' };

export type InsertResult =
  | { readonly outcome: 'inserted'; readonly stored: StoredInstance }
  /** The id, the marker or the provider's id is taken already. */
  | { readonly outcome: 'exists'; readonly current: StoredInstance };

export type TouchResult =
  /** `lastUsedAt` is the later of the stored and the given time; `moved` says whether it is the given one. */
  | { readonly outcome: 'touched'; readonly id: InstanceId; readonly lastUsedAt: Timestamp; readonly moved: boolean }
  | { readonly outcome: 'missing' };

/** Instances at the provider that were made elsewhere and that nobody has adopted: to be looked at, or set aside. */
export type InstanceGroup = 'orphan' | 'ignored-orphan';

export type InstanceSort = '-createdAt' | 'createdAt' | 'name' | '-name';

export interface InstanceQuery {
  /** 1 to 200. */
  readonly limit: number;
  /** From the page before; absent for the first. */
  readonly cursor?: string;
  /** Any of these; absent for all. */
  readonly statuses?: readonly InstanceStatus[];
  readonly region?: string;
  /** Names that start with this. */
  readonly namePrefix?: string;
  /** Only these; not together with `statuses`, `region` or `namePrefix` (RangeError). */
  readonly group?: InstanceGroup;
  readonly sort: InstanceSort;
}

export interface InstancePage {
  readonly instances: readonly StoredInstance[];
  /** How many match; null when counting them would cost more than the page. */
  readonly total: number | null;
  readonly nextCursor: string | null;
}

export interface FleetCounts {
  readonly total: number;
  readonly byStatus: Readonly<Record<InstanceStatus, number>>;
  /** Of `total`, those that were made elsewhere; they count in `byStatus` too. */
  readonly discovered: number;
}

/** Thrown for a cursor that this store did not make for this sort order, or an id that is none of the change feed. */
export class InvalidCursorError extends Error {
  override readonly name = 'InvalidCursorError';
}

/** Thrown by a write that gives a record the marker or the provider's id of another one; nothing was written. */
export class IdentityTakenError extends Error {
  override readonly name = 'IdentityTakenError';

  constructor(
    readonly what: 'marker' | 'novitaInstanceId',
    readonly holder: InstanceId,
  ) {
    super(`this ${what} belongs to ${holder}`);
  }
}

/** Thrown when the store cannot be reached; nothing is known about whether a write took effect. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/**
 * Keeps the records of the fleet. Records have no end of their own: they stay until they are removed. Reads change
 * nothing. A record that cannot be read is left out of lists, with a line in the log. Every write changes the record, its indexes, the counters and the change feed
 * together or not at all. All methods throw `StoreUnavailableError` when the store cannot be reached.
 */
export abstract class InstanceStore {
  /** An empty marker is none: it is neither unique nor found. */
  abstract insert(record: NewInstanceRecord): Promise<InsertResult>;

  /**
   * Replaces the record if its revision is still `next.revision`; the written one has the next revision.
   * @throws IdentityTakenError, LockLostError
   */
  abstract write(next: InstanceRecord, basis: WriteBasis, options?: WriteOptions): Promise<WriteResult>;

  /**
   * Removes the record if its revision is still `revision`.
   * @throws LockLostError
   */
  abstract remove(
    id: InstanceId,
    revision: number,
    options?: Partial<UnderLock>,
  ): Promise<'removed' | 'stale' | 'missing'>;

  /**
   * Inserts those whose id, marker and provider's id are free; at most 200 at a time, in one round trip.
   * @returns for each, in order, whether it was inserted
   * @throws LockLostError, RangeError
   */
  abstract insertMany(instances: readonly ImportedInstance[], under: UnderLock): Promise<readonly boolean[]>;

  /**
   * Notes pictures; at most 200 at a time, in one round trip.
   * @throws LockLostError, RangeError
   */
  abstract notePictures(notes: readonly PictureNote[], under: UnderLock): Promise<void>;

  /**
   * In the order of the ids, in one round trip: null when no live record has this provider's id, else the picture,
   * which is empty when it is unknown.
   */
  abstract pictures(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]>;

  /** How many live records have a provider's id. Costs the same at every fleet size. */
  abstract pictureCount(): Promise<number>;

  /**
   * Every provider's id of a live record, in batches of some hundreds and in no order. What comes or goes meanwhile may
   * be among them or not; an id can come twice.
   */
  abstract scanNovitaIds(signal?: AbortSignal): AsyncIterable<readonly NovitaInstanceId[]>;

  /**
   * By either id. One round trip.
   * @throws CorruptRecordError
   */
  abstract get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null>;

  /** Several by our ids, in one round trip; the missing ones are left out. */
  abstract getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]>;

  /** Several by the provider's ids, terminated ones included, in one round trip (or a fixed number); the missing are left out. */
  abstract getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]>;

  /** Several by their markers, likewise. */
  abstract getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]>;

  /** Every record of exactly this name, at most `limit`. */
  abstract findByName(name: string, limit: number): Promise<readonly StoredInstance[]>;

  /** @throws CorruptRecordError */
  abstract findByMarker(marker: string): Promise<StoredInstance | null>;

  /**
   * One page. A name prefix in order of creation has no index: when it matches very many, a page may hold fewer than
   * `limit` instances, even none, and still have a next one. Every other page is full unless it is the last.
   * @throws InvalidCursorError RangeError for a limit outside 1 to 200
   */
  abstract list(query: InstanceQuery): Promise<InstancePage>;

  abstract counts(): Promise<FleetCounts>;

  /** Moves last-used forward, never back, without rewriting the document; costs the same at every fleet size. */
  abstract touch(id: InstanceId | NovitaInstanceId, at: Timestamp): Promise<TouchResult>;

  /** Ids whose deadline of this kind is at or before `now`, the most overdue first. */
  abstract due(kind: DeadlineKind, now: Timestamp, limit: number): Promise<readonly InstanceId[]>;

  /**
   * Entries after `afterEntryId` (`0` for the oldest kept), oldest first. About the latest 10,000 are kept.
   * @throws InvalidCursorError for what is no entry id
   */
  abstract changesAfter(afterEntryId: string, limit: number): Promise<readonly InstanceChange[]>;
}
