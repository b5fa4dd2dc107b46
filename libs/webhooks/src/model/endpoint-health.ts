import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { WebhookEndpoint } from './endpoint.js';

/** How an endpoint has answered lately. Observed by attempts, so it is no part of what people set. */
export interface EndpointHealth {
  /** When the first attempt failed of those that have failed without a success since. */
  readonly failingSince: Timestamp | null;
  /** Attempts in a row that got no answer, or one of 500 and above. */
  readonly streak: number;
  /** How often in a row the breaker has opened. */
  readonly opens: number;
  /** When it opened last; what was sent before says nothing about it. */
  readonly openedAt: Timestamp | null;
  /** Nothing is sent until then: by the breaker, or because the endpoint asked for it. */
  readonly until: Timestamp | null;
}

/** Of an endpoint that took the latest delivery, or never got one. */
export const HEALTHY: EndpointHealth = { failingSince: null, streak: 0, opens: 0, openedAt: null, until: null };

export function isHealthy({ failingSince, streak, opens, until }: EndpointHealth): boolean {
  return failingSince === null && streak === 0 && opens === 0 && until === null;
}

/** Attempts to one endpoint at a time: what does not answer holds back no more than these. */
const MOST_AT_ONCE = 10;

/** How much may be sent to an endpoint now. */
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
