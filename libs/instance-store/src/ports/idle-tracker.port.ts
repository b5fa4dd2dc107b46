import type { Timestamp } from '@app/platform';
import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord, StoredInstance } from '../record/instance.js';
import type { InstanceStatus } from '../record/instance-status.js';

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

/**
 * Claims an idle instance for its stop: the write takes place only if nobody has used the instance since the decision
 * was made. Check and write are one step, so a use wins or loses and is never lost in between.
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

/**
 * Knows when each instance was used last and since when it is idle. All methods throw `StoreUnavailableError` when the
 * store cannot be reached.
 */
export abstract class IdleTracker {
  /**
   * Moves last-used forward, never back, without rewriting the document; costs the same at every fleet size.
   * @param by the reporter, such as `user:gateway`; kept with the time, at most 200 characters
   */
  abstract touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): Promise<TouchResult>;

  /**
   * Who reported the latest use; null when nobody did or it is not known. Not part of a record's read, which is hot.
   */
  abstract lastUsedBy(id: InstanceId): Promise<string | null>;

  /**
   * Writes `next` (whose desired state is `stopped`, or whose stop is held from now on) if its revision still is the stored one and the instance was not
   * used since.
   * @throws IdentityTakenError
   */
  abstract claim(next: InstanceRecord, claim: IdleClaim): Promise<IdleClaimResult>;

  /**
   * Emits `instance.auto_stop_warning` on the change feed and enters it in the audit log, once for each idle period,
   * and moves the idle deadline to the time of the stop. The result is `stale` when idleness does not count against the
   * instance by what the store holds.
   */
  abstract warn(warning: IdleWarning): Promise<'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing'>;

  /**
   * Brings the idle deadlines of these records in line with the present rules, as after a change of settings; at most
   * 200 at a time, in a fixed number of round trips. Makes no new revision.
   */
  abstract reindex(ids: readonly InstanceId[]): Promise<void>;

  /**
   * Moves idle deadlines that lie before `at` to `at`, so that candidates which one check had to keep stand behind the
   * others at the next one. Only for records that have one; at most 200 at a time, in one round trip. Makes no new
   * revision; the next write or use sets the deadline anew.
   */
  abstract postpone(ids: readonly InstanceId[], at: Timestamp): Promise<void>;
}
