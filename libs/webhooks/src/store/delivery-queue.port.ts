import type { Timestamp } from '@app/platform';
import type { WebhookDelivery } from '../model/delivery.js';
import type { EndpointId, WebhookEndpoint } from '../model/endpoint.js';
import type { EndpointHealth } from '../model/endpoint-health.js';

export interface DueDelivery {
  readonly delivery: WebhookDelivery;
  /** JSON. */
  readonly body: string;
}

/** An endpoint as it is now. */
export interface EndpointStanding {
  /** Null when it is gone, or cannot be read. */
  readonly endpoint: WebhookEndpoint | null;
  readonly health: EndpointHealth;
  /** Whether it is there and cannot be read: what waits for it goes on waiting. */
  readonly isUnreadable: boolean;
}

export interface EndpointWork extends EndpointStanding {
  /** The longest due first; of an ordered endpoint one for each instance. */
  readonly due: readonly DueDelivery[];
  /** When the next one is due that is not among them; null when nothing waits. */
  readonly nextDueAt: Timestamp | null;
}

export interface Settlement {
  /** As it is to be; it has one attempt more than the store has. */
  readonly delivery: WebhookDelivery;
  /** The address that was sent to. The health of an endpoint that has another one by now stays as it is. */
  readonly sentTo: string;
  /** As it was when the settlement was planned. */
  readonly before: EndpointHealth;
  readonly health: EndpointHealth;
}

/** For metrics and health. */
export interface WebhookFigures {
  readonly pending: number;
  /** When the oldest was made that has not ended; null when there is none. */
  readonly oldestPendingAt: Timestamp | null;
  readonly endpoints: number;
  readonly disabled: number;
  /** Of the fan-out; null before the first. */
  readonly position: string | null;
}

export interface TrimReport {
  readonly removed: number;
  /** Of them, those that had not ended. */
  readonly lost: number;
}

/** So many deliveries are kept at most, whatever their age: beyond it the oldest go, so that Redis does not fill up. */
export const MOST_DELIVERIES = 500_000;
/** Deliveries that one step removes or cancels. */
export const STEP = 200;

/** Deliveries that wait for an attempt. All methods throw `StoreUnavailableError` when the store cannot be reached. */
export abstract class DeliveryQueue {
  /** Endpoints with deliveries that may be attempted now, the longest due first. */
  abstract dueEndpoints(at: Timestamp, limit: number): Promise<readonly EndpointId[]>;

  /** The deliveries that are due to one endpoint, up to `limit`. One round trip, and two more for each lot that cannot be read. */
  abstract work(endpointId: EndpointId, at: Timestamp, limit: number): Promise<EndpointWork>;

  /** One round trip. */
  abstract standing(endpointId: EndpointId): Promise<EndpointStanding>;

  /**
   * Writes what came of an attempt, and lets the next delivery of an ordered line go.
   * @returns `delivery`: somebody else has settled this attempt; `health`: the endpoint's health is another one by now.
   * Nothing was written then
   */
  abstract settle(settlement: Settlement, at: Timestamp): Promise<'settled' | 'delivery' | 'health'>;

  /** Cancels up to `STEP` deliveries that wait for an endpoint. @returns how many */
  abstract cancel(endpointId: EndpointId): Promise<number>;

  /** Removes up to `STEP` deliveries that were made before that time, or are more than `MOST_DELIVERIES`. */
  abstract trim(before: Timestamp): Promise<TrimReport>;

  abstract figures(): Promise<WebhookFigures>;
}
