import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import type { UnderLock } from './instance-records.port.js';

/** A listing digest that agrees with the record: it is noted without a new revision. */
export interface DigestNote {
  readonly id: InstanceId;
  /** The note is dropped when the record has another revision by now. */
  readonly revision: number;
  readonly digest: string;
}

/**
 * Keeps, by the provider's id, the listing digest of each live record (see `WriteOptions`). All
 * methods throw `StoreUnavailableError` when the store cannot be reached.
 */
export abstract class ListingDigests {
  /**
   * Notes digests; at most 200 at a time, in one round trip.
   * @throws LockLostError, RangeError
   */
  abstract note(notes: readonly DigestNote[], under: UnderLock): Promise<void>;

  /**
   * In the order of the ids, in one round trip: null when no live record has this provider's id, else the digest,
   * which is empty when it is unknown.
   */
  abstract of(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]>;

  /** How many live records have a provider's id. Costs the same at every fleet size. */
  abstract count(): Promise<number>;

  /**
   * Every provider's id of a live record, in batches of some hundreds and in no order. Records that come or go meanwhile may
   * be among them or not; an id can come twice.
   */
  abstract scanNovitaIds(signal?: AbortSignal): AsyncIterable<readonly NovitaInstanceId[]>;
}
