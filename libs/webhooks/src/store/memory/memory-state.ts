import type { InstanceId } from '@app/instance-store';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { DeliveryId, WebhookDelivery } from '../../model/delivery.js';
import type { EndpointId, WebhookEndpoint } from '../../model/endpoint.js';
import { type EndpointHealth, HEALTHY } from '../../model/endpoint-health.js';
import type { KnownInstance } from '../../plan/plan-fan-out.js';
import type { EndpointStanding } from '../delivery-queue.port.js';

interface StoredDelivery {
  delivery: WebhookDelivery;
  /** Whether it stands in the line of its instance. */
  readonly ordered: boolean;
}

/** The state that the adapters in memory share. A change happens in one turn of the event loop, as a script's does in Redis. */
export class MemoryWebhookState {
  readonly endpoints = new Map<EndpointId, WebhookEndpoint>();
  readonly healths = new Map<EndpointId, EndpointHealth>();
  /** When the endpoints of instances got an event last, the latest at the end. */
  readonly used = new Map<EndpointId, number>();
  readonly known = new Map<InstanceId, KnownInstance>();
  /** In the order in which they were made. */
  readonly log = new Map<DeliveryId, StoredDelivery>();
  /** The log, of one endpoint. */
  readonly waiting = new Map<EndpointId, Set<DeliveryId>>();
  readonly lines = new Map<string, DeliveryId[]>();
  readonly bodies = new Map<string, { readonly body: string; held: number }>();
  position: string | null = null;

  endpoint(id: EndpointId): WebhookEndpoint | null {
    const stored = this.endpoints.get(id);
    if (stored === undefined) return null;
    const { failingSince, until: deferredUntil } = this.health(id);
    return { ...stored, failingSince, deferredUntil };
  }

  health(id: EndpointId): EndpointHealth {
    return this.healths.get(id) ?? HEALTHY;
  }

  standing(id: EndpointId): EndpointStanding {
    return { endpoint: this.endpoint(id), health: this.health(id), isUnreadable: false };
  }

  forgetEndpoint(id: EndpointId): void {
    this.endpoints.delete(id);
    this.healths.delete(id);
    this.used.delete(id);
  }

  /** Makes a delivery that waits; one that is there stays. */
  add(delivery: WebhookDelivery, body: string, ordered: boolean): void {
    if (this.log.has(delivery.id)) return;
    const event = this.bodies.get(delivery.eventId) ?? { body, held: 0 };
    event.held += 1;
    this.bodies.set(delivery.eventId, event);
    const stored = { delivery, ordered };
    this.log.set(delivery.id, stored);
    const waiting = this.waiting.get(delivery.endpointId) ?? new Set();
    this.waiting.set(delivery.endpointId, waiting.add(delivery.id));
    if (!ordered) return;
    const line = this.lines.get(lineOf(delivery)) ?? [];
    this.lines.set(lineOf(delivery), line);
    if (line.push(delivery.id) > 1) stored.delivery = { ...delivery, nextAttemptAt: null };
  }

  /** Takes a delivery out of all that waits; it is written as it is. */
  end(ended: WebhookDelivery, at: Timestamp): void {
    const stored = this.log.get(ended.id);
    if (stored === undefined) return;
    stored.delivery = { ...ended, nextAttemptAt: null };
    const waiting = this.waiting.get(ended.endpointId);
    waiting?.delete(ended.id);
    if (waiting?.size === 0) this.waiting.delete(ended.endpointId);
    if (!stored.ordered) return;
    const line = this.lines.get(lineOf(ended)) ?? [];
    const wasFirst = line[0] === ended.id;
    const rest = line.filter((id) => id !== ended.id);
    if (rest.length === 0) this.lines.delete(lineOf(ended));
    else this.lines.set(lineOf(ended), rest);
    const [first] = rest;
    const next = first === undefined ? undefined : this.log.get(first);
    if (wasFirst && next !== undefined) next.delivery = { ...next.delivery, nextAttemptAt: at };
  }

  remove(id: DeliveryId): void {
    const stored = this.log.get(id);
    if (stored === undefined) return;
    this.log.delete(id);
    const event = this.bodies.get(stored.delivery.eventId);
    if (event === undefined) return;
    event.held -= 1;
    if (event.held === 0) this.bodies.delete(stored.delivery.eventId);
  }

  /** Those with a time for their next attempt, the earliest first. */
  queued(endpointId: EndpointId): readonly WebhookDelivery[] {
    const found: WebhookDelivery[] = [];
    for (const id of this.waiting.get(endpointId) ?? []) {
      const delivery = this.log.get(id)?.delivery;
      if (delivery !== undefined && delivery.nextAttemptAt !== null) found.push(delivery);
    }
    return found.toSorted((a, b) => dueMs(a) - dueMs(b));
  }
}

export const dueMs = ({ nextAttemptAt }: WebhookDelivery): number =>
  nextAttemptAt === null ? Number.POSITIVE_INFINITY : msFromTimestamp(nextAttemptAt);

const lineOf = ({ endpointId, instanceId }: WebhookDelivery): string => `${endpointId} ${instanceId}`;
