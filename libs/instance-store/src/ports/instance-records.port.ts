import { setTimeout as pause } from 'node:timers/promises';
import type { Timestamp } from '@app/platform';
import type { LockHold } from '@app/redis';
import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord, StoredInstance } from '../record/instance.js';
import { INSTANCE_STATUSES, type InstanceStatus } from '../record/instance-status.js';
import type { AuditEntry } from './audit-log.port.js';

/** A record that was never written; the store gives it revision 1. */
export type NewInstanceRecord = Omit<InstanceRecord, 'revision'>;

/**
 * The basis of a write.
 *
 * `command`: a request or a decision of ours. `observation`: what the provider said at `observedAt`; the store refuses
 * it when that lies before the record's `desired.at`, whatever revision it names.
 */
export type WriteBasis =
  | { readonly kind: 'command' }
  | { readonly kind: 'observation'; readonly observedAt: Timestamp };

/** Made under a lock: refused with `LockLostError` once that acquisition of the lock is over. */
export interface UnderLock {
  readonly hold: LockHold;
}

/**
 * A write under a cap is refused with `OverCapError` where it would begin or prolong a cost and all instances of its owner
 * together, those that are being made included, would then cost more than the cap, or a price among them is not known. It is
 * decided in one step with the write: of two at the same moment the second one counts the first.
 */
export interface UnderCap {
  /** USD an hour, at any moment. */
  readonly capUsdPerHour?: number;
  readonly capOfDay?: DayCap;
}

/** What the instances of an owner may cost in the rest of a day, each until its lifetime ends or the day does. */
export interface DayCap {
  readonly leftUsd: number;
  /** From when on it is left, and when the day ends; epoch milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * `digest` is a listing digest: a short text that stands for what a listing showed of an instance. The store keeps,
 * beside each live record with a provider's id, the digest that the record was last compared with. Every write without
 * one makes it unknown again, so an equal digest always means that there is nothing to do.
 */
export interface WriteOptions extends Partial<UnderLock>, UnderCap {
  readonly digest?: string;
  /** Why, for the audit log: a write that changes status or desired state is entered by itself, with this reason. */
  readonly reason?: string;
  /** One more entry for the audit log, such as a change of settings, written with the record. */
  readonly entry?: AuditEntry;
}

export interface ImportedInstance {
  readonly record: NewInstanceRecord;
  /** Its listing digest. */
  readonly digest: string;
}

export type WriteResult =
  | { readonly outcome: 'written'; readonly stored: StoredInstance }
  /** Somebody wrote in between; `current` is what stands there now. */
  | { readonly outcome: 'stale'; readonly current: StoredInstance }
  /** The observation was made before the present desired state was set. */
  | { readonly outcome: 'outdated-observation'; readonly current: StoredInstance }
  | { readonly outcome: 'missing' };

export type InsertResult =
  | { readonly outcome: 'inserted'; readonly stored: StoredInstance }
  /** The id, the marker or the provider's id belongs to another record. */
  | { readonly outcome: 'exists'; readonly current: StoredInstance };

/** A piece of all records, by time of creation. */
export interface RecordPage {
  readonly instances: readonly StoredInstance[];
  /** Null after the last page. */
  readonly nextCursor: string | null;
  /**
   * Those that belong on this page and whose records could not be read, or went meanwhile; absent when there are none.
   */
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

/** `no-index`: its index entry is damaged too. `changed`: somebody wrote it meanwhile. All but `removed` change nothing. */
export type RemovedUnreadable = 'removed' | 'missing' | 'readable' | 'newer' | 'no-index' | 'changed';

/**
 * Keeps the records of the fleet. Records have no end of their own: they stay until they are removed. Reads change
 * nothing. A record that cannot be read is left out of lists, with a line in the log. Every write changes the record,
 * its indexes, the counters and the change feed together or not at all. All methods throw `StoreUnavailableError` when
 * the store cannot be reached.
 */
export abstract class InstanceRecords {
  /**
   * By either id. One round trip.
   * @throws CorruptRecordError
   */
  abstract get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null>;

  /** Several by our ids, in one round trip; the missing ones are left out. */
  abstract getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]>;

  /**
   * Several by the provider's ids, terminated ones included, in one round trip (or a fixed number); the missing are
   * left out.
   */
  abstract getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]>;

  /** Several by their markers, likewise. */
  abstract getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]>;

  /** Every record of exactly this name, at most `limit`. */
  abstract findByName(name: string, limit: number): Promise<readonly StoredInstance[]>;

  /** @throws CorruptRecordError */
  abstract findByMarker(marker: string): Promise<StoredInstance | null>;

  /**
   * All records page by page: each that is there from the first page to the last comes once. For work that has to go
   * through the fleet once, such as the first load of a process; `FleetView` answers lists.
   *
   * @param cursor from the page before; null for the first
   * @param limit records that are examined for one page, at most 200
   * @param statuses only records of these; a page may then hold fewer than `limit`, or none, and have a next one
   * @throws RangeError
   */
  abstract scan(cursor: string | null, limit: number, statuses?: readonly InstanceStatus[]): Promise<RecordPage>;

  abstract counts(): Promise<FleetCounts>;

  /**
   * An empty marker is none: it is neither unique nor found.
   * @throws OverCapError
   */
  abstract insert(record: NewInstanceRecord, under?: UnderCap): Promise<InsertResult>;

  /**
   * Replaces the record if its revision is still `next.revision`; the written one has the next revision.
   * @throws IdentityTakenError, LockLostError, OverCapError
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
   * Removes a record that cannot be read, with its look-ups, deadlines and counters. One that can be read, or that a later
   * release wrote, stays as it is.
   */
  abstract removeUnreadable(id: InstanceId): Promise<RemovedUnreadable>;

  /**
   * Inserts those whose id, marker and provider's id are free; at most 200 at a time, in one round trip.
   * @returns for each, in order, whether it was inserted
   * @throws LockLostError, RangeError
   */
  abstract insertMany(instances: readonly ImportedInstance[], under: UnderLock): Promise<readonly boolean[]>;

  /**
   * Restores records that the store has lost: each is written as it is, with its revision, unless the store holds that
   * revision or a later one, or one of its identities belongs to another record. At most 200 at a time, in one round
   * trip.
   *
   * @returns how many were restored
   * @throws RangeError
   */
  abstract restore(records: readonly StoredInstance[]): Promise<number>;
}

/** Thrown by `updateInstance` when others wrote the record more often in between than is believable. */
export class ContendedRecordError extends Error {
  override readonly name = 'ContendedRecordError';
}

export type UpdateResult =
  | { readonly outcome: 'written' | 'unchanged' | 'outdated-observation'; readonly stored: StoredInstance }
  | { readonly outcome: 'missing' };

const MAX_ROUNDS = 20;
/**
 * Rounds begun again at once; after them a random pause lets writers that run in step fall out of it. Its limit doubles
 * each round, so that it exceeds a round trip also on a machine where that takes long, up to what outlasts a burst of others.
 */
const PROMPT_ROUNDS = 2;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 320;

/**
 * Reads, changes and writes one record; begins again from a fresh read when somebody wrote in between.
 *
 * @param change pure; gets the current record and answers the new one, or the same object for "leave it"
 * @param options what goes with the write, of the new record and the one before
 * @throws ContendedRecordError after twenty lost races; StoreUnavailableError
 */
export async function updateInstance(
  records: InstanceRecords,
  id: InstanceId | NovitaInstanceId,
  basis: WriteBasis,
  change: (record: InstanceRecord, stored: StoredInstance) => InstanceRecord,
  options: (next: InstanceRecord, before: InstanceRecord) => WriteOptions = () => ({}),
): Promise<UpdateResult> {
  let stored = await records.get(id);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (stored === null) return { outcome: 'missing' };
    const next = change(stored.record, stored);
    if (next === stored.record) return { outcome: 'unchanged', stored };
    const result = await records.write(next, basis, options(next, stored.record));
    switch (result.outcome) {
      case 'written':
        return { outcome: 'written', stored: result.stored };
      case 'outdated-observation':
        return { outcome: 'outdated-observation', stored: result.current };
      case 'missing':
        return { outcome: 'missing' };
      case 'stale':
        stored = result.current;
        if (round >= PROMPT_ROUNDS) {
          await pause(Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** (round - PROMPT_ROUNDS), LONGEST_PAUSE_MS));
          stored = await records.get(id);
        }
    }
  }
  throw new ContendedRecordError(`instance ${id} changed ${MAX_ROUNDS} times while being updated`);
}

/** How old the records are against the provider. The sync provides it, and no other feature has to know the sync for it. */
export abstract class FleetFreshness {
  /** When the listing began that last showed every live record; null when none has completed yet. Costs no round trip. */
  abstract instancesAsOf(): Timestamp | null;
}
