import type { DisabledReason, EndpointId, WebhookEndpoint } from '../model/endpoint.js';

/** Every entry of the feed is matched with every managed endpoint, so their number is limited. */
export const MOST_MANAGED_ENDPOINTS = 100;
/** So many endpoints of instances are kept, the ones that got something last; beyond them the rest are forgotten. */
export const MOST_INSTANCE_ENDPOINTS = 10_000;

/**
 * Keeps the endpoints. What settings say of an endpoint (`whe_global`, those of instances) is not in here but its state is;
 * their secrets stay in the settings. All methods throw `StoreUnavailableError` when the store cannot be reached.
 */
export abstract class EndpointStore {
  /** Managed ones and the global one, in the order of their ids. One round trip. */
  abstract configured(): Promise<readonly WebhookEndpoint[]>;

  /** Endpoints of instances, the one that got an event last first. */
  abstract latestOfInstances(limit: number): Promise<readonly WebhookEndpoint[]>;

  /** @returns null when there is none */
  abstract get(id: EndpointId): Promise<WebhookEndpoint | null>;

  /** @returns `full` at `MOST_MANAGED_ENDPOINTS` */
  abstract insert(endpoint: WebhookEndpoint): Promise<'inserted' | 'full'>;

  /**
   * Replaces the endpoint whose revision is one less. A paused one is not attempted from then on, an active one is.
   * @returns `changed` when it has another revision by now
   */
  abstract replace(endpoint: WebhookEndpoint): Promise<'replaced' | 'changed' | 'missing'>;

  /**
   * Replaces an endpoint by its disabled form and emits `webhook.disabled`, together.
   * @returns whether it was done now; otherwise somebody has changed or removed it
   */
  abstract disable(endpoint: WebhookEndpoint, reason: DisabledReason): Promise<boolean>;

  /** Its deliveries that wait are cancelled at the next sweep. @returns false when there is none of that revision */
  abstract remove(id: EndpointId, revision: number): Promise<boolean>;
}
