import { InvalidCursorError } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import {
  type DeliveryId,
  type DeliveryQuery,
  isDeliveryId,
  isReplayed,
  matchesQuery,
  type ReplayChoice,
  replayIdOf,
  replayOf,
  type WebhookDelivery,
} from '../../model/delivery.js';
import type { EndpointId } from '../../model/endpoint.js';
import { DeliveryLog, type DeliveryPage, MOST_REPLAYED, type ReplayReport } from '../delivery-log.port.js';
import type { MemoryWebhookState } from './memory-state.js';

/** The log of deliveries in the memory of one process. A cursor is the id of the last delivery of a page. */
export class MemoryDeliveryLog extends DeliveryLog {
  constructor(private readonly state: MemoryWebhookState) {
    super();
  }

  override async list(query: DeliveryQuery): Promise<DeliveryPage> {
    const { cursor, limit } = query;
    if (cursor !== undefined && !isDeliveryId(cursor)) throw new InvalidCursorError('not a cursor of deliveries');
    const newestFirst = [...this.state.log.values()].map(({ delivery }) => delivery).toReversed();
    const begin = cursor === undefined ? 0 : newestFirst.findIndex(({ id }) => id === cursor) + 1;
    const found = newestFirst.slice(begin).filter((delivery) => matchesQuery(delivery, query));
    const deliveries = found.slice(0, limit);
    return { deliveries, nextCursor: found.length > limit ? (deliveries.at(-1)?.id ?? null) : null };
  }

  override async get(id: DeliveryId): Promise<WebhookDelivery | null> {
    return this.state.log.get(id)?.delivery ?? null;
  }

  override async replay(original: DeliveryId, id: DeliveryId, at: Timestamp): Promise<WebhookDelivery | null> {
    const found = await this.get(original);
    return found !== null && this.make(found, id, at) ? this.get(id) : null;
  }

  override async replaySince(
    endpointId: EndpointId,
    since: Timestamp,
    choice: ReplayChoice,
    nonce: string,
    at: Timestamp,
  ): Promise<ReplayReport> {
    let replayed = 0;
    let until: Timestamp | null = null;
    const sentAgain = choice === 'all' ? null : this.sentAgain();
    for (const { delivery } of Array.from(this.state.log.values())) {
      if (delivery.endpointId !== endpointId || delivery.createdAt < since || delivery.createdAt > at) continue;
      if (replayed >= MOST_REPLAYED) return { replayed, more: true, until };
      until = delivery.createdAt;
      if (sentAgain?.has(delivery.id) === true || !isReplayed(delivery, choice)) continue;
      if (this.make(delivery, replayIdOf(delivery.id, nonce), at)) replayed += 1;
    }
    return { replayed, more: false, until };
  }

  /** Deliveries of which a replay has arrived, or waits. */
  private sentAgain(): ReadonlySet<DeliveryId> {
    const replays = [...this.state.log.values()].filter(
      ({ delivery: { state } }) => state === 'pending' || state === 'delivered',
    );
    return new Set(replays.flatMap(({ delivery: { replayOf: first } }) => first ?? []));
  }

  /** @returns whether it is there now */
  private make(original: WebhookDelivery, id: DeliveryId, at: Timestamp): boolean {
    const endpoint = this.state.endpoints.get(original.endpointId);
    const event = this.state.bodies.get(original.eventId);
    if (endpoint === undefined || event === undefined) return false;
    const ordered = endpoint.ordered && original.instanceId !== null;
    this.state.add(replayOf(original, id, at), event.body, ordered);
    return true;
  }
}
