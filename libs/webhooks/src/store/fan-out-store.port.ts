import type { InstanceId } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { LockHold } from '@app/redis';
import type { EndpointId, WebhookEndpoint } from '../model/endpoint.js';
import type { FanOutPlan, KnownInstance } from '../plan/plan-fan-out.js';

/** The state that a plan of the fan-out is made from. */
export interface FanOutReading {
  readonly configured: readonly WebhookEndpoint[];
  readonly known: ReadonlyMap<InstanceId, KnownInstance>;
}

/** The deliveries of some entries of the feed, written together or not at all. */
export interface FanOutBatch extends FanOutPlan {
  /** The position that the entries were read after. */
  readonly from: string;
  /** Of the last of them. */
  readonly position: string;
  readonly at: Timestamp;
}

/**
 * Keeps how far the feed has been turned into deliveries. Writes are made under the lock of the fan-out, and only from the
 * position that they were planned at: so an entry becomes deliveries once, whoever dies when. All methods throw
 * `StoreUnavailableError` when the store cannot be reached.
 */
export abstract class FanOutStore {
  /** Null before the first fan-out, and when Redis has lost it. */
  abstract position(): Promise<string | null>;

  /** Goes on after that position, whatever was before. @throws LockLostError */
  abstract moveTo(position: string, hold: LockHold): Promise<void>;

  /** One round trip. */
  abstract read(instanceIds: readonly InstanceId[]): Promise<FanOutReading>;

  /** Those that are known, with their state. One round trip. */
  abstract endpointsOfInstances(ids: readonly EndpointId[]): Promise<ReadonlyMap<EndpointId, WebhookEndpoint>>;

  /**
   * Writes deliveries, numbers and position together; a delivery that is there already stays as it is.
   * @returns false when the position is another one by now; nothing was written
   * @throws LockLostError
   */
  abstract append(batch: FanOutBatch, hold: LockHold): Promise<boolean>;
}
