import type { InstanceRecord, StoredInstance } from '../record/instance.js';

/*
 * What the features that stop instances, the one that knows the holding endpoints, and the one that meets deadlines need of
 * each other. A process without the feature in question has no provider of its port.
 */

/** Knows who may hold a stop. The webhooks provide it. */
export abstract class StopHolders {
  /**
   * Ids of the endpoints that a stop of this instance has to wait for, as they are set now; empty for none.
   * @throws StoreUnavailableError
   */
  abstract of(record: InstanceRecord): Promise<readonly string[]>;
}

/** Goes on with stops of the spend limit that were held. Spend provides it. */
export abstract class HeldSpendStops {
  /**
   * Decides anew about an instance whose hold is over, and stops it or leaves it. The hold is not under way afterwards, unless
   * somebody else was writing the record, or Redis was away until a moment ago; then it is to be tried again.
   *
   * @throws StoreUnavailableError
   */
  abstract goOn(stored: StoredInstance): Promise<void>;
}

/** Goes on with stops of auto-stop that were held. Auto-stop provides it. */
export abstract class HeldStops {
  /**
   * Decides anew about an instance whose hold is over, and stops it or leaves it. The hold is not under way afterwards,
   * unless somebody else was writing the record, or its use is not known (also while Redis has only just come back); then it
   * is to be tried again.
   *
   * @throws StoreUnavailableError, the reason of the signal
   */
  abstract goOn(stored: StoredInstance, signal: AbortSignal): Promise<void>;
}
