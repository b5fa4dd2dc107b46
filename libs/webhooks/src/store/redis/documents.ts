import { isObject, msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import type { ReportUnreadable } from '@app/redis';
import type { DeliveryState, WebhookDelivery } from '../../model/delivery.js';
import type { WebhookEndpoint } from '../../model/endpoint.js';
import { type EndpointHealth, HEALTHY, isHealthy } from '../../model/endpoint-health.js';
import type { KnownInstance } from '../../plan/plan-fan-out.js';

/*
 * Documents as they are stored, as text. They are written by this library alone, so they are read as they are, but for what
 * would break a reader of others with it.
 */

/** Its health stands beside it, see `EndpointHealth`. */
type StoredEndpoint = Omit<WebhookEndpoint, 'failingSince' | 'deferredUntil'>;

/** `nextAttemptAt` stands beside it, since a script of the queue sets it. */
type StoredDelivery = Omit<WebhookDelivery, 'nextAttemptAt'>;

export function endpointJson(endpoint: WebhookEndpoint): string {
  const { failingSince: _, deferredUntil: __, ...stored } = endpoint;
  return JSON.stringify(stored satisfies StoredEndpoint);
}

/** Empty for a healthy one, so that it takes no room; the same text for the same health as it was read. */
export function healthJson(health: EndpointHealth): string {
  return isHealthy(health) ? '' : JSON.stringify(health);
}

export function deliveryJson(delivery: WebhookDelivery): string {
  const { nextAttemptAt: _, ...stored } = delivery;
  return JSON.stringify(stored satisfies StoredDelivery);
}

/** Reads documents. One that cannot be read is reported and left out, so that it does not spoil what is read with it. */
export class WebhookDocuments {
  constructor(private readonly report: ReportUnreadable = () => undefined) {}

  /**
   * @param id under which it is stored
   * @param health as `healthJson` wrote it
   */
  endpoint(id: string, json: string, health: string): WebhookEndpoint | null {
    const stored = this.read(`endpoint ${id}`, json, isEndpoint);
    if (stored === null) return null;
    const { failingSince, until: deferredUntil } = this.health(id, health) ?? HEALTHY;
    return { ...stored, failingSince, deferredUntil };
  }

  /** @param reply ids, documents and healths in turn */
  endpoints(reply: readonly string[]): readonly WebhookEndpoint[] {
    return inGroups(reply, 3).flatMap(([id = '', json = '', health = '']) => this.endpoint(id, json, health) ?? []);
  }

  /** @returns null when it cannot be read */
  health(id: string, json: string): EndpointHealth | null {
    return json === '' ? HEALTHY : this.read(`health of endpoint ${id}`, json, isHealth);
  }

  /** @param nextMs epoch milliseconds, or empty. @param state as it is now; a cancellation changes it alone */
  delivery(id: string, json: string, state: string, nextMs: string): WebhookDelivery | null {
    const stored = this.read(`delivery ${id}`, json, isDelivery);
    return stored === null
      ? null
      : { ...stored, state: state as DeliveryState, nextAttemptAt: timestampOrNull(nextMs) };
  }

  known(id: string, json: string): KnownInstance | null {
    return this.read(`instance ${id} as webhooks know it`, json, isKnownInstance);
  }

  private read<Document>(where: string, text: string, is: (value: unknown) => value is Document): Document | null {
    const unreadable = (reason: string): null => {
      this.report({ kind: 'webhook-delivery', where, reason, text });
      return null;
    };
    let read: unknown;
    try {
      read = JSON.parse(text);
    } catch {
      return unreadable('it is not JSON');
    }
    return is(read) ? read : unreadable('members are missing or of the wrong kind');
  }
}

function isEndpoint(value: unknown): value is StoredEndpoint {
  return (
    isObject(value) &&
    typeof value['url'] === 'string' &&
    isObject(value['state']) &&
    isObject(value['filter']) &&
    Array.isArray(value['types']) &&
    Array.isArray(value['secrets'])
  );
}

function isHealth(value: unknown): value is EndpointHealth {
  return isObject(value) && typeof value['streak'] === 'number' && typeof value['opens'] === 'number';
}

function isDelivery(value: unknown): value is StoredDelivery {
  const texts = ['id', 'endpointId', 'eventId', 'type', 'createdAt'];
  return isObject(value) && texts.every((name) => typeof value[name] === 'string') && Array.isArray(value['attempts']);
}

function isKnownInstance(value: unknown): value is KnownInstance {
  return isObject(value) && Number.isSafeInteger(value['sequence']) && typeof value['name'] === 'string';
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
