import { msFromTimestamp } from '@app/platform';
import type { WebhookEndpoint } from '../model/endpoint.js';
import type { EndpointHealth } from '../model/endpoint-health.js';

/** Attempts to one endpoint at a time: what does not answer holds back no more than these. */
const MOST_AT_ONCE = 10;

/** What may be sent to an endpoint now. */
export type EndpointGate =
  /** It is gone or disabled: what waits for it is cancelled. */
  | { readonly kind: 'cancel' }
  /** It is paused. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'deferred'; readonly untilMs: number }
  /** So many at a time: one while it is not known whether an endpoint that was down answers again. */
  | { readonly kind: 'open'; readonly atOnce: number };

/** @param now epoch milliseconds */
export function endpointGate(endpoint: WebhookEndpoint | null, health: EndpointHealth, now: number): EndpointGate {
  if (endpoint === null || endpoint.state.kind === 'disabled') return { kind: 'cancel' };
  if (endpoint.state.kind === 'paused') return { kind: 'closed' };
  const untilMs = health.until === null ? 0 : msFromTimestamp(health.until);
  if (now < untilMs) return { kind: 'deferred', untilMs };
  return { kind: 'open', atOnce: health.opens > 0 ? 1 : MOST_AT_ONCE };
}
