import { createHash } from 'node:crypto';
import type { NewFleetEvent } from '@app/instance-store';
import type { Brand, Timestamp } from '@app/platform';
import type { EndpointSecret } from './secrets.js';

/** `whe_` and a ULID (managed), `whe_global` (WEBHOOK_URL), or `whe_i` and 24 hexadecimal digits (of an instance). */
export type EndpointId = Brand<string, 'EndpointId'>;

/** `managed`: made by the API. `global`: of WEBHOOK_URL. `instance`: the `webhookUrl` of one or more instances. */
export type EndpointKind = 'managed' | 'global' | 'instance';

/**
 * Why an endpoint gets nothing any more. `gone-410`: it answered 410. `failed-5-days`: it took nothing for so long.
 * `unset`: WEBHOOK_URL is not set any more.
 */
export type DisabledReason = 'gone-410' | 'failed-5-days' | 'unset';

/** While paused, deliveries are kept and wait. While disabled, none are made, and those that wait are cancelled. */
export type EndpointState =
  | { readonly kind: 'active' }
  | { readonly kind: 'paused'; readonly by: string; readonly at: Timestamp }
  | { readonly kind: 'disabled'; readonly at: Timestamp; readonly reason: DisabledReason };

/** Null members let every event pass. With one that is set, only events of instances that fit come. */
export interface EndpointFilter {
  /** Part of the instance's name, any case. */
  readonly name: string | null;
  /** As the provider names it, such as `CN-HK-01`. */
  readonly region: string | null;
  /** Name of the API key that created the instance. */
  readonly owner: string | null;
}

/** Where events are sent, which of them, and how it stands. */
export interface WebhookEndpoint {
  readonly id: EndpointId;
  readonly kind: EndpointKind;
  readonly url: string;
  readonly description: string | null;
  /** Types (`instance.ready`) and families (`instance.*`); empty for all. */
  readonly types: readonly string[];
  readonly filter: EndpointFilter;
  /** Whether the deliveries of one instance wait for each other. */
  readonly ordered: boolean;
  /** Whether a stop that is not a person's may wait for its answer to `instance.stop_pending`. */
  readonly hold: boolean;
  readonly state: EndpointState;
  /** The newest first. Empty for an endpoint of the settings without WEBHOOK_SECRET: its deliveries are not signed. */
  readonly secrets: readonly EndpointSecret[];
  /** When the first attempt failed of those that have failed without a success since; null after a success. */
  readonly failingSince: Timestamp | null;
  /** Until when attempts are postponed, because it did not answer or asked for it; null when they are not. */
  readonly deferredUntil: Timestamp | null;
  readonly createdAt: Timestamp;
  /** `user:<key name>`, or `settings`. */
  readonly createdBy: string;
  /** Counts changes, from 1; not what is observed of it (`failingSince`, `deferredUntil`). */
  readonly revision: number;
}

export const GLOBAL_ENDPOINT_ID = 'whe_global' as EndpointId;
export const NO_FILTER: EndpointFilter = { name: null, region: null, owner: null };

const ID = /^whe_([0-9A-HJKMNP-TV-Z]{26}|global|i[0-9a-f]{24})$/;
const URL_DIGEST_LENGTH = 24;

export function isEndpointId(text: string): text is EndpointId {
  return ID.test(text);
}

/** @param ulid 26 characters of Crockford base 32 */
export function endpointIdFromUlid(ulid: string): EndpointId {
  return `whe_${ulid}` as EndpointId;
}

/** Of the address that instances name: all instances with the same address share the endpoint. */
export function instanceEndpointId(url: string): EndpointId {
  return `whe_i${createHash('sha256').update(url).digest('hex').slice(0, URL_DIGEST_LENGTH)}` as EndpointId;
}

export function endpointKind(id: EndpointId): EndpointKind {
  if (id === GLOBAL_ENDPOINT_ID) return 'global';
  // A ULID has no small letters.
  return id.startsWith('whe_i') ? 'instance' : 'managed';
}

/** An endpoint that the settings or instances name, and nobody manages: it takes every event, in no order, and holds no stop. */
export function unmanagedEndpoint(id: EndpointId, url: string, createdAt: Timestamp): WebhookEndpoint {
  return {
    id,
    kind: endpointKind(id),
    url,
    description: null,
    types: [],
    filter: NO_FILTER,
    ordered: false,
    hold: false,
    state: { kind: 'active' },
    secrets: [],
    failingSince: null,
    deferredUntil: null,
    createdAt,
    createdBy: 'settings',
    revision: 1,
  };
}

/** The event of an endpoint that gets nothing any more. The address without its query, which may hold a secret. */
export function disabledEvent(
  { id, url, failingSince }: WebhookEndpoint,
  reason: DisabledReason,
): Extract<NewFleetEvent, { readonly type: 'webhook.disabled' }> {
  const { origin, pathname } = new URL(url);
  return {
    type: 'webhook.disabled',
    data: { endpointId: id, url: `${origin}${pathname}`, reason, failingSince },
  };
}
