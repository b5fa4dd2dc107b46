import { timestampFromMs } from '@app/platform';
import { expect, it } from 'vitest';
import { type EndpointState, endpointIdFromUlid, NO_FILTER, type WebhookEndpoint } from './endpoint.js';
import { endpointGate, HEALTHY } from './endpoint-health.js';

const NOW = Date.UTC(2026, 0, 1);
const at = timestampFromMs(NOW);
const endpoint = (state: EndpointState): WebhookEndpoint => ({
  id: endpointIdFromUlid('01JQ7ZC8M4T5V6W7X8Y9ZABCDE'),
  kind: 'managed',
  url: 'https://hooks.example.com',
  description: null,
  types: [],
  filter: NO_FILTER,
  ordered: false,
  hold: false,
  state,
  secrets: [],
  failingSince: null,
  deferredUntil: null,
  createdAt: at,
  createdBy: 'user:test',
  revision: 1,
});
const ACTIVE = endpoint({ kind: 'active' });

it('lets ten through to an endpoint that answers, and one to one that may be back', () => {
  expect(endpointGate(ACTIVE, HEALTHY, NOW)).toEqual({ kind: 'open', atOnce: 10 });
  const down = { ...HEALTHY, opens: 1, until: timestampFromMs(NOW + 1) };
  expect(endpointGate(ACTIVE, down, NOW)).toEqual({ kind: 'deferred', untilMs: NOW + 1 });
  expect(endpointGate(ACTIVE, down, NOW + 1)).toEqual({ kind: 'open', atOnce: 1 });
});

it('lets nothing through to one that is paused, disabled or gone', () => {
  expect(endpointGate(endpoint({ kind: 'paused', by: 'user:test', at }), HEALTHY, NOW)).toEqual({ kind: 'closed' });
  const disabled = endpoint({ kind: 'disabled', at, reason: 'gone-410' });
  expect(endpointGate(disabled, HEALTHY, NOW)).toEqual({ kind: 'cancel' });
  expect(endpointGate(null, HEALTHY, NOW)).toEqual({ kind: 'cancel' });
});
