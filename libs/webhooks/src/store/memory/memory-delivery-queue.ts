import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import type { EndpointId } from '../../model/endpoint.js';
import { isHealthy } from '../../model/endpoint-health.js';
import {
  DeliveryQueue,
  type EndpointStanding,
  type EndpointWork,
  MOST_DELIVERIES,
  type Settlement,
  STEP,
  type TrimReport,
  type WebhookFigures,
} from '../delivery-queue.port.js';
import { dueMs, type MemoryWebhookState } from './memory-state.js';

/** Deliveries that wait for an attempt, in the memory of one process. */
export class MemoryDeliveryQueue extends DeliveryQueue {
  /** @param mostDeliveries see `MOST_DELIVERIES` */
  constructor(
    private readonly state: MemoryWebhookState,
    private readonly clock: Clock,
    private readonly mostDeliveries = MOST_DELIVERIES,
  ) {
    super();
  }

  override async dueEndpoints(at: Timestamp, limit: number): Promise<readonly EndpointId[]> {
    const now = msFromTimestamp(at);
    const due = [...this.state.waiting.keys()]
      .map((id) => ({ id, ms: this.dueMsOf(id) }))
      .filter(({ ms }) => ms <= now);
    return due
      .toSorted((a, b) => a.ms - b.ms)
      .slice(0, limit)
      .map(({ id }) => id);
  }

  override async work(endpointId: EndpointId, at: Timestamp, limit: number): Promise<EndpointWork> {
    const queued = this.state.queued(endpointId);
    const due = queued.filter((delivery) => dueMs(delivery) <= msFromTimestamp(at)).slice(0, limit);
    return {
      ...this.state.standing(endpointId),
      due: due.map((delivery) => ({ delivery, body: this.state.bodies.get(delivery.eventId)?.body ?? '' })),
      nextDueAt: queued[due.length]?.nextAttemptAt ?? null,
    };
  }

  override async standing(endpointId: EndpointId): Promise<EndpointStanding> {
    return this.state.standing(endpointId);
  }

  override async settle(
    { delivery, sentTo, before, health }: Settlement,
    at: Timestamp,
  ): Promise<'settled' | 'delivery' | 'health'> {
    const stored = this.state.log.get(delivery.id);
    if (stored?.delivery.state !== 'pending') return 'delivery';
    if (stored.delivery.attempts.length !== delivery.attempts.length - 1) return 'delivery';
    if (before !== health && this.state.endpoints.get(delivery.endpointId)?.url === sentTo) {
      if (JSON.stringify(this.state.health(delivery.endpointId)) !== JSON.stringify(before)) return 'health';
      if (isHealthy(health)) this.state.healths.delete(delivery.endpointId);
      else this.state.healths.set(delivery.endpointId, health);
    }
    if (delivery.state === 'pending') stored.delivery = delivery;
    else this.state.end(delivery, at);
    return 'settled';
  }

  override async cancel(endpointId: EndpointId): Promise<number> {
    const waiting = this.state.queued(endpointId).slice(0, STEP);
    for (const delivery of waiting) this.state.end({ ...delivery, state: 'cancelled' }, this.clock.timestamp());
    return waiting.length;
  }

  override async trim(before: Timestamp): Promise<TrimReport> {
    let removed = 0;
    let lost = 0;
    const at = this.clock.timestamp();
    for (const { delivery } of this.state.log.values()) {
      const isOld = delivery.createdAt < before;
      if (removed === STEP || (!isOld && this.state.log.size <= this.mostDeliveries)) break;
      if (delivery.state === 'pending') {
        lost += 1;
        this.state.end(delivery, at);
      }
      this.state.remove(delivery.id);
      removed += 1;
    }
    for (const [id, usedMs] of this.state.used) {
      if (usedMs >= msFromTimestamp(before)) break;
      this.state.forgetEndpoint(id);
    }
    return { removed, lost };
  }

  override async figures(): Promise<WebhookFigures> {
    const { endpoints, used, waiting, position, log } = this.state;
    const pending = [...waiting.values()].reduce((sum, ids) => sum + ids.size, 0);
    const oldest = Array.from(log.values()).find(({ delivery }) => delivery.state === 'pending');
    const configured = [...endpoints.values()].filter(({ id }) => !used.has(id));
    return {
      pending,
      oldestPendingAt: oldest?.delivery.createdAt ?? null,
      endpoints: configured.length,
      disabled: configured.filter(({ state }) => state.kind === 'disabled').length,
      position,
    };
  }

  /** When something may be sent to an endpoint; never while it is paused. */
  private dueMsOf(id: EndpointId): number {
    const { endpoint, health } = this.state.standing(id);
    if (endpoint?.state.kind === 'paused') return Number.POSITIVE_INFINITY;
    const [first] = this.state.queued(id);
    const untilMs = health.until === null ? 0 : msFromTimestamp(health.until);
    return first === undefined ? Number.POSITIVE_INFINITY : Math.max(dueMs(first), untilMs);
  }
}
