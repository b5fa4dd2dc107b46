import type { Timestamp } from '@app/platform';
import type { DeliveryId, DeliveryQuery, ReplayChoice, WebhookDelivery } from '../model/delivery.js';
import type { EndpointId } from '../model/endpoint.js';

/** Newest first. */
export interface DeliveryPage {
  /** May be fewer than were asked for, or none, although more follow: a page reads a limited number of records. */
  readonly deliveries: readonly WebhookDelivery[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** What a replay of many has come to. */
export interface ReplayReport {
  readonly replayed: number;
  /** Whether more is to be replayed than one call does: `until` is where the next one goes on. */
  readonly more: boolean;
  /** Deliveries made before this time, or at it, were considered; null when there were none. */
  readonly until: Timestamp | null;
}

/** At most so many deliveries are sent again by one call. */
export const MOST_REPLAYED = 5_000;

/** Reads the log of deliveries, and sends again. All methods throw `StoreUnavailableError` when the store cannot be reached. */
export abstract class DeliveryLog {
  /** @throws InvalidCursorError */
  abstract list(query: DeliveryQuery): Promise<DeliveryPage>;

  /** @returns null when there is none */
  abstract get(id: DeliveryId): Promise<WebhookDelivery | null>;

  /**
   * Makes a delivery of the same event to the same endpoint, due at once (an ordered endpoint: after those that wait).
   * @param id of the new delivery; one that is there already is left as it is
   * @returns null when the original, or the body of its event, is not kept any more
   */
  abstract replay(original: DeliveryId, id: DeliveryId, at: Timestamp): Promise<WebhookDelivery | null>;

  /**
   * Sends again, in the order in which they were made, deliveries of that endpoint which ended; at most `MOST_REPLAYED`.
   * Replays themselves are left out: their original stands for them. `undelivered` leaves out an original as well of which a
   * replay has arrived or waits, so that the same call twice sends once.
   * @param nonce tells this replay from others of the same deliveries
   */
  abstract replaySince(
    endpointId: EndpointId,
    since: Timestamp,
    choice: ReplayChoice,
    nonce: string,
    at: Timestamp,
  ): Promise<ReplayReport>;
}
