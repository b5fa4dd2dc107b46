import { SystemClock } from '@app/platform';
import { type EndpointId, NO_FILTER, type WebhookEndpoint } from '../../src/model/endpoint.js';
import { newSecret } from '../../src/model/secrets.js';
import type { SendRequest } from '../../src/model/webhook-sender.port.js';
import { EndpointAgents } from '../../src/send/endpoint-agents.js';
import { type ConnectorOptions, guardedConnector, SYSTEM_CONNECTIONS } from '../../src/send/guarded-connector.js';
import { HttpWebhookSender } from '../../src/send/http-webhook-sender.js';

const clock = new SystemClock();

/** An active endpoint with a secret of its own. */
export function anEndpoint(change: Partial<WebhookEndpoint> = {}): WebhookEndpoint {
  const at = clock.timestamp();
  return {
    id: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' as EndpointId,
    kind: 'managed',
    url: 'https://hooks.example.com/fleet',
    description: null,
    types: [],
    filter: NO_FILTER,
    ordered: false,
    hold: false,
    state: { kind: 'active' },
    secrets: [newSecret('v1', at)],
    failingSince: null,
    deferredUntil: null,
    createdAt: at,
    createdBy: 'user:test',
    revision: 1,
    ...change,
  };
}

interface SenderOptions {
  readonly connections?: Partial<ConnectorOptions>;
  readonly allowPrivate?: boolean;
  /** Milliseconds for one attempt; as in production where a test does not wait for its end. */
  readonly attemptMs?: number;
  readonly mostAgents?: number;
}

/** A sender as the worker has it, with other limits, and a message for it. */
export function senderWith({ connections, allowPrivate = true, attemptMs = 10_000, mostAgents }: SenderOptions = {}): {
  readonly sender: HttpWebhookSender;
  readonly agents: EndpointAgents;
  readonly message: SendRequest;
} {
  const rules = { allowPrivate, requireTls: false };
  const agents = new EndpointAgents(guardedConnector(rules, { ...SYSTEM_CONNECTIONS, ...connections }), mostAgents);
  const message = {
    endpoint: anEndpoint(),
    webhookId: '1772359201000-0',
    body: '{"id":"1772359201000-0","type":"instance.ready"}',
    at: clock.timestamp(),
  };
  return { sender: new HttpWebhookSender(agents, rules, clock, attemptMs), agents, message };
}
