import {
  type DeliveryAttempt,
  publicKeyOf,
  type ReplayReport,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '@app/webhooks';
import { present } from '../core/http/answer.js';
import type { AttemptView, DeliveryView, ReplayReportView } from './deliveries.dto.js';
import type { EndpointSecretView, EndpointView, EndpointWithSecretView } from './endpoints.dto.js';

/** @param secrets whether the whole address is shown, which may hold a token */
export function renderEndpoint(endpoint: WebhookEndpoint, secrets: boolean): Pick<EndpointView, keyof EndpointView> {
  const { filter } = endpoint;
  return {
    id: endpoint.id,
    kind: endpoint.kind,
    ...(secrets && { url: endpoint.url }),
    origin: new URL(endpoint.url).origin,
    ...present('description', endpoint.description),
    types: [...endpoint.types],
    filter: { ...present('name', filter.name), ...present('region', filter.region), ...present('owner', filter.owner) },
    ordered: endpoint.ordered,
    hold: endpoint.hold,
    ...renderState(endpoint),
    secrets: endpoint.secrets.map((secret) => renderSecret(secret, endpoint.kind)),
    ...present('failingSince', endpoint.failingSince),
    ...present('deferredUntil', endpoint.deferredUntil),
    createdAt: endpoint.createdAt,
    createdBy: endpoint.createdBy,
    revision: endpoint.revision,
  };
}

/** With its newest secret, for the one who has just made it. */
export function renderWithSecret(endpoint: WebhookEndpoint): EndpointWithSecretView {
  const [newest] = endpoint.secrets;
  return {
    ...renderEndpoint(endpoint, true),
    ...(newest?.algorithm === 'v1' && { secret: newest.key }),
  };
}

type StateView = Pick<EndpointView, 'state' | 'stateSince' | 'pausedBy' | 'disabledReason'>;

function renderState({ state }: WebhookEndpoint): StateView {
  switch (state.kind) {
    case 'active':
      return { state: 'active' };
    case 'paused':
      return { state: 'paused', stateSince: state.at, pausedBy: state.by };
    case 'disabled':
      return { state: 'disabled', stateSince: state.at, disabledReason: state.reason };
  }
}

function renderSecret(secret: WebhookEndpoint['secrets'][number], kind: WebhookEndpoint['kind']): EndpointSecretView {
  return {
    signature: secret.algorithm,
    ...present('publicKey', publicKeyOf(secret)),
    // Nobody knows when a setting was made.
    ...(kind === 'managed' && { createdAt: secret.createdAt }),
    ...present('expiresAt', secret.expiresAt),
  };
}

/** @param secrets whether what receivers answered is shown, which may hold anything */
export function renderDelivery(delivery: WebhookDelivery, secrets: boolean): DeliveryView {
  return {
    id: delivery.id,
    endpointId: delivery.endpointId,
    eventId: delivery.eventId,
    type: delivery.type,
    ...present('instanceId', delivery.instanceId),
    ...present('sequence', delivery.sequence),
    state: delivery.state,
    attempts: delivery.attempts.map((attempt) => renderAttempt(attempt, secrets)),
    ...present('nextAttemptAt', delivery.nextAttemptAt),
    createdAt: delivery.createdAt,
    ...present('replayOf', delivery.replayOf),
  };
}

export function renderAttempt(
  { at, durationMs, result, status, message, answer }: DeliveryAttempt,
  secrets: boolean,
): AttemptView {
  return {
    at,
    durationMs,
    result,
    ...present('status', status),
    ...(secrets && { ...present('message', message), ...present('answer', answer) }),
  };
}

export function renderReplay({ replayed, more, until }: ReplayReport): ReplayReportView {
  return { replayed, more, ...present('until', until) };
}
