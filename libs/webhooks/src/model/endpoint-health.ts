import type { Timestamp } from '@app/platform';

/** How an endpoint has answered lately. Seen by attempts, so it is no part of what people set. */
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
