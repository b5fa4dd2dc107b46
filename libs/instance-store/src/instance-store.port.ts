import type { Timestamp } from '@app/platform';
import type { LockHold } from '@app/redis';
import type { FleetNews } from './change-feed.js';
import type { DeadlineKind, InstanceRecord, StoredInstance } from './instance.js';
import type { InstanceId, NovitaInstanceId } from './instance-id.js';
import { INSTANCE_STATUSES, type InstanceStatus } from './instance-status.js';
import type { LedgerEntry } from './ledger/ledger-entry.js';
import type { InstanceSpend, SpendPeriod, SpendReading } from './spend/spend-reading.js';

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
  /** Why, for the ledger: a write that changes status or wish is entered by itself, with this reason if there is one. */
  readonly reason?: string;
  /** One more entry for the ledger, such as a change of settings, written with the record. */
  readonly entry?: LedgerEntry;
}

/**
 * An idle instance is claimed for its stop: written only if nobody has used it since the decision was made. What is
 * checked and what is written are one step, so a use wins or loses and is never lost in between.
 */
export interface IdleClaim {
  /** The latest use that the decision knew; null for none. */
  readonly lastUsedAt: Timestamp | null;
  readonly reason: string;
}

export type IdleClaimResult =
  | { readonly outcome: 'claimed'; readonly stored: StoredInstance }
  | { readonly outcome: 'used-meanwhile' | 'stale'; readonly current: StoredInstance }
  | { readonly outcome: 'missing' };

export interface IdleWarning {
  readonly id: InstanceId;
  readonly revision: number;
  readonly lastUsedAt: Timestamp | null;
  /** Begins the idle period, and names it: each is warned about once. */
  readonly idleSince: Timestamp;
  readonly stopAt: Timestamp;
  readonly reason: string;
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
  | {
      readonly outcome: 'touched';
      readonly id: InstanceId;
      readonly lastUsedAt: Timestamp;
      readonly moved: boolean;
      /** As it stands; a use that comes after the decision to stop does not revoke it. */
      readonly status: InstanceStatus;
    }
  | { readonly outcome: 'missing' };

/** Instances at the provider that were made elsewhere and that nobody has adopted: to be looked at, or set aside. */
export type InstanceGroup = 'orphan' | 'ignored-orphan';

/** A piece of all records, by time of creation. */
export interface RecordPage {
  readonly instances: readonly StoredInstance[];
  /** Null after the last page. */
  readonly nextCursor: string | null;
  /** Those that belong on this page and whose records could not be read, or went meanwhile; absent when there are none. */
  readonly skipped?: readonly InstanceId[];
}

export interface FleetCounts {
  readonly total: number;
  readonly byStatus: Readonly<Record<InstanceStatus, number>>;
  /** Of `total`, those that were made elsewhere; they count in `byStatus` too. */
  readonly discovered: number;
}

/** @param discovered how many of them were made elsewhere */
export function fleetCounts(countOf: (status: InstanceStatus) => number, discovered: number): FleetCounts {
  const byStatus: Partial<Record<InstanceStatus, number>> = {};
  let total = 0;
  for (const status of INSTANCE_STATUSES) {
    const count = countOf(status);
    byStatus[status] = count;
    total += count;
  }
  return { total, byStatus: byStatus as Record<InstanceStatus, number>, discovered };
}

/** Thrown for a cursor that was not made for this order, or an id that is none of the change feed. */
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

/** Thrown when the store cannot be reached or cannot serve; nothing was written. */
export class StoreUnavailableError extends Error {
  override readonly name: string = 'StoreUnavailableError';
}

/** Thrown when the answer to a write was lost: it may have taken effect. */
export class WriteOutcomeUnknownError extends StoreUnavailableError {
  override readonly name = 'WriteOutcomeUnknownError';

  constructor(
    /** The record that was to be made or changed. */
    readonly id: InstanceId | NovitaInstanceId,
    cause: StoreUnavailableError,
  ) {
    super(`whether ${id} was written is not known: ${cause.message}`, { cause });
  }
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
   * Puts back records that the store has lost: each is written as it is, with its revision, unless the store holds that
   * revision or a later one, or one of its identities belongs to another record. At most 200 at a time, in one round trip.
   *
   * @returns how many were put back
   * @throws RangeError
   */
  abstract restore(records: readonly StoredInstance[]): Promise<number>;

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
   * All records page by page: each that is there from the first page to the last comes once. For what has to go through
   * the fleet once, such as the first load of a process; lists are `FleetView`'s.
   *
   * @param cursor from the page before; null for the first
   * @param limit records that are looked at for one page, at most 200
   * @param statuses only records of these; a page may then hold fewer than `limit`, or none, and have a next one
   * @throws RangeError
   */
  abstract scan(cursor: string | null, limit: number, statuses?: readonly InstanceStatus[]): Promise<RecordPage>;

  abstract counts(): Promise<FleetCounts>;

  /** Moves last-used forward, never back, without rewriting the document; costs the same at every fleet size. */
  /** @param by who says so, such as `user:gateway`; kept with the time, at most 200 characters */
  abstract touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): Promise<TouchResult>;

  /** Who reported the latest use; null when nobody did or it was not told. Not part of a record's read, which is hot. */
  abstract lastUsedBy(id: InstanceId): Promise<string | null>;

  /**
   * Writes `next` (a wish to stop) if its revision still is the stored one and the instance was not used since.
   * @throws IdentityTakenError
   */
  abstract claimIdle(next: InstanceRecord, claim: IdleClaim): Promise<IdleClaimResult>;

  /**
   * Announces `instance.auto_stop_warning` on the change feed and enters it in the ledger, once for each idle period,
   * and puts the idle deadline to the time of the stop. One against which idleness does not count by what the store
   * holds is `stale`.
   */
  abstract warnIdle(warning: IdleWarning): Promise<'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing'>;

  /**
   * Puts the idle deadlines of these records in line with the present rules, as after a change of settings; at most 200
   * at a time, in a fixed number of round trips. Makes no new revision.
   */
  abstract reindexIdle(ids: readonly InstanceId[]): Promise<void>;

  /**
   * Puts idle deadlines that lie before `at` to `at`, so that those that had to be kept at a check stand behind the
   * others at the next one. Only for records that have one; at most 200 at a time, in one round trip. Makes no new
   * revision; the next write or use sets the deadline anew.
   */
  abstract putOffIdle(ids: readonly InstanceId[], at: Timestamp): Promise<void>;

  /** The latest entries first, at most 200 are kept. */
  abstract ledger(id: InstanceId, limit: number): Promise<readonly LedgerEntry[]>;

  /** Nothing happens when there is no such record. At most 200 at a time, in one round trip. */
  abstract enterInLedger(entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[]): Promise<void>;

  /**
   * What the meters say now and, by day, for 62 days from `sinceDay` on. One round trip; costs the same at every fleet
   * size. Sums are kept for 400 days.
   */
  abstract spend(sinceDay: number): Promise<SpendReading>;

  /**
   * What the instances have cost in a day or a month, the dearest first; those that are gone by now are among them. One
   * round trip, and in proportion to `limit`. Days are kept for a week, months for three.
   */
  abstract spendByInstance(period: SpendPeriod, limit: number): Promise<readonly InstanceSpend[]>;

  /**
   * Books what the running instances have cost, and those stopped by auto-stop have saved, since they were booked last.
   * Goes through the fleet in batches; safe to be cut off and to run twice. What ends, or changes its price, is booked
   * by the write that says so; times count from write to write.
   * @throws the signal's reason, between two batches
   */
  abstract bookSpend(now: Timestamp, signal: AbortSignal): Promise<void>;

  /**
   * Puts news on the change feed, unless that was done under the same key in the last 48 hours.
   * @param key at most 200 characters
   * @returns whether it was put there now
   */
  abstract announceOnce(key: string, news: FleetNews): Promise<boolean>;

  /**
   * Ids whose deadline of this kind is at or before `now`, the most overdue first.
   * @param skip how many of these to pass over; 0 when left out
   */
  abstract due(kind: DeadlineKind, now: Timestamp, limit: number, skip?: number): Promise<readonly InstanceId[]>;

  /** The kinds of which `due` would answer any. One round trip, however many there are. */
  abstract kindsDue(now: Timestamp): Promise<ReadonlySet<DeadlineKind>>;

  /** How many those are. Costs the same at every fleet size, near enough. */
  abstract dueCount(kind: DeadlineKind, now: Timestamp): Promise<number>;

  /**
   * Announces `instance.unconfirmed` on the change feed, with the record as it stands, and enters it in the ledger for
   * each of these whose stop or delete is past its `confirmBy` by now: once for each wish, and again after 48 hours if it
   * still is not confirmed. At most 200 at a time, in a fixed number of round trips. Makes no new revision.
   * @returns how many were announced now
   * @throws RangeError
   */
  abstract announceUnconfirmed(ids: readonly InstanceId[]): Promise<number>;
}
