import type { AttemptView, DeliveryPageView, DeliveryView, ReplayReportView } from './deliveries.dto.js';
import type { EndpointListView, EndpointView, EndpointWithSecretView } from './endpoints.dto.js';

/** As a plain object has them. */
type Members<View> = Pick<View, keyof View>;

const CREATED = '2026-03-01T10:00:00.000Z';

export const ENDPOINT_EXAMPLE: Members<EndpointView> = {
  id: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  kind: 'managed',
  url: 'https://hooks.example.com/fleet',
  origin: 'https://hooks.example.com',
  description: 'Pager of the ML team',
  types: ['instance.ready', 'instance.failed', 'spend.*'],
  filter: { name: 'llama' },
  ordered: false,
  hold: false,
  state: 'active',
  secrets: [{ signature: 'v1', createdAt: CREATED }],
  createdAt: CREATED,
  createdBy: 'user:ci',
  revision: 1,
};

export const NEW_ENDPOINT_EXAMPLE: Members<EndpointWithSecretView> = {
  ...ENDPOINT_EXAMPLE,
  secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
};

export const ROTATED_EXAMPLE: Members<EndpointWithSecretView> = {
  ...NEW_ENDPOINT_EXAMPLE,
  secrets: [
    { signature: 'v1', createdAt: '2026-03-02T10:00:00.000Z' },
    { signature: 'v1', createdAt: CREATED, expiresAt: '2026-03-03T10:00:00.000Z' },
  ],
  revision: 2,
};

export const PAUSED_EXAMPLE: Members<EndpointView> = {
  ...ENDPOINT_EXAMPLE,
  state: 'paused',
  stateSince: '2026-03-01T12:00:00.000Z',
  pausedBy: 'user:ci',
  revision: 2,
};

export const ENDPOINTS_EXAMPLE: EndpointListView = { endpoints: [ENDPOINT_EXAMPLE] };

export const CREATE_ENDPOINT_EXAMPLES = {
  all: { summary: 'Every event', value: { url: 'https://hooks.example.com/fleet' } },
  some: {
    summary: 'What a person is paged for',
    value: {
      url: 'https://hooks.example.com/pager',
      description: 'Pager of the ML team',
      types: ['instance.failed', 'instance.unconfirmed', 'spend.*'],
    },
  },
  ordered: {
    summary: 'A mirror of some instances, in order, signed with a key pair',
    value: {
      url: 'https://mirror.example.com/',
      types: ['instance.*'],
      filter: { name: 'llama', owner: 'ci' },
      ordered: true,
      signature: 'v1a',
    },
  },
};

export const ATTEMPT_EXAMPLE: AttemptView = {
  at: '2026-03-01T10:00:02.000Z',
  durationMs: 84,
  result: 'delivered',
  status: 200,
  answer: 'ok',
};

export const DELIVERY_EXAMPLE: Members<DeliveryView> = {
  id: 'whd_0123456789abcdef0123456789',
  endpointId: ENDPOINT_EXAMPLE.id,
  eventId: '1772359201000-0',
  type: 'instance.ready',
  instanceId: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  sequence: 4,
  state: 'delivered',
  attempts: [ATTEMPT_EXAMPLE],
  createdAt: '2026-03-01T10:00:01.500Z',
};

export const DELIVERIES_EXAMPLE: DeliveryPageView = { deliveries: [DELIVERY_EXAMPLE], nextCursor: null };

export const REPLAYED_EXAMPLE: Members<DeliveryView> = {
  ...DELIVERY_EXAMPLE,
  id: 'whd_9876543210fedcba9876543210',
  state: 'pending',
  attempts: [],
  nextAttemptAt: '2026-03-01T11:00:00.000Z',
  createdAt: '2026-03-01T11:00:00.000Z',
  replayOf: DELIVERY_EXAMPLE.id,
};

export const REPLAY_REPORT_EXAMPLE: ReplayReportView = {
  replayed: 12,
  more: false,
  until: '2026-03-01T11:00:00.000Z',
};
