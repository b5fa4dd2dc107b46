import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import type { DeliveryState, WebhookDelivery } from '../../model/delivery.js';
import type { WebhookEndpoint } from '../../model/endpoint.js';
import { type EndpointHealth, HEALTHY, isHealthy } from '../../model/endpoint-health.js';

/*
 * Documents as they are stored, as text. They are written by this library alone, so they are read as they are.
 */

/** Its health stands beside it, see `EndpointHealth`. */
type StoredEndpoint = Omit<WebhookEndpoint, 'failingSince' | 'deferredUntil'>;

/** `nextAttemptAt` stands beside it, since a script of the queue sets it. */
type StoredDelivery = Omit<WebhookDelivery, 'nextAttemptAt'>;

export function endpointJson(endpoint: WebhookEndpoint): string {
  const { failingSince: _, deferredUntil: __, ...stored } = endpoint;
  return JSON.stringify(stored satisfies StoredEndpoint);
}

/** @param health as `healthJson` wrote it */
export function readEndpoint(json: string, health: string): WebhookEndpoint {
  const { failingSince, until: deferredUntil } = readHealth(health);
  return { ...(JSON.parse(json) as StoredEndpoint), failingSince, deferredUntil };
}

/** @param reply documents and healths in turn */
export function readEndpoints(reply: readonly string[]): readonly WebhookEndpoint[] {
  return inGroups(reply, 2).map(([json = '', health = '']) => readEndpoint(json, health));
}

/** Empty for a healthy one, so that it takes no room; the same text for the same health as it was read. */
export function healthJson(health: EndpointHealth): string {
  return isHealthy(health) ? '' : JSON.stringify(health);
}

export function readHealth(json: string): EndpointHealth {
  return json === '' ? HEALTHY : (JSON.parse(json) as EndpointHealth);
}

export function deliveryJson(delivery: WebhookDelivery): string {
  const { nextAttemptAt: _, ...stored } = delivery;
  return JSON.stringify(stored satisfies StoredDelivery);
}

/** @param nextMs epoch milliseconds, or empty. @param state as it is now; a cancellation changes it alone */
export function readDelivery(json: string, state: string, nextMs: string): WebhookDelivery {
  const stored = JSON.parse(json) as StoredDelivery;
  return { ...stored, state: state as DeliveryState, nextAttemptAt: timestampOrNull(nextMs) };
}

export function timestampOrNull(ms: string): Timestamp | null {
  return ms === '' ? null : timestampFromMs(Number(ms));
}

export function msOrEmpty(at: Timestamp | null): number | '' {
  return at === null ? '' : msFromTimestamp(at);
}

/** Consecutive groups of the same size. */
export function inGroups<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.floor(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
