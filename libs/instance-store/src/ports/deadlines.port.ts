import type { Timestamp } from '@app/platform';
import type { InstanceId } from '../record/identity.js';
import type { DeadlineKind } from '../record/instance.js';

/**
 * Finds the records whose deadlines have passed. All methods throw `StoreUnavailableError` when the store cannot be
 * reached.
 */
export abstract class Deadlines {
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
   * Emits `instance.unconfirmed` on the change feed, with the record as it stands, and enters it in the audit log for
   * each of these whose stop or delete is past its `confirmBy` by now: once for each desired state, and again after 48
   * hours if it still is not confirmed. At most 200 at a time, in a fixed number of round trips. Makes no new revision.
   * @returns for how many an event was emitted now
   * @throws RangeError
   */
  abstract emitUnconfirmed(ids: readonly InstanceId[]): Promise<number>;
}
