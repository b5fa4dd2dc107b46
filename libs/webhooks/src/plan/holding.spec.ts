import { withHold } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import { eventBody } from '@app/views';
import { describe, expect, it } from 'vitest';
import { type EndpointId, NO_FILTER, type WebhookEndpoint } from '../model/endpoint.js';
import { holdOfBody, holdsStopOf } from './holding.js';

const AT = timestampFromMs(Date.UTC(2026, 5, 1));
const HOLDS: WebhookEndpoint = {
  id: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' as EndpointId,
  kind: 'managed',
  url: 'https://hooks.example.com',
  description: null,
  types: ['instance.stop_pending'],
  filter: NO_FILTER,
  ordered: false,
  hold: true,
  state: { kind: 'active' },
  secrets: [],
  failingSince: null,
  deferredUntil: null,
  createdAt: AT,
  createdBy: 'user:a',
  revision: 1,
};

describe('whether a stop waits for an endpoint', () => {
  it.each<[string, boolean, Partial<WebhookEndpoint>]>([
    ['one that holds', true, {}],
    ['one that gets all events', true, { types: [] }],
    ['one that gets the family', true, { types: ['instance.*'] }],
    ['one that does not answer at present', true, { failingSince: AT, deferredUntil: AT }],
    ['one that does not hold', false, { hold: false }],
    ['one that does not get the event', false, { types: ['instance.ready'] }],
    ['one that is paused', false, { state: { kind: 'paused', by: 'user:a', at: AT } }],
    ['one that is disabled', false, { state: { kind: 'disabled', at: AT, reason: 'gone-410' } }],
    ['one of other instances', false, { filter: { ...NO_FILTER, name: 'other' } }],
    ['one of this instance', true, { filter: { name: 'LLAMA', region: 'CN-HK-01', owner: 'test' } }],
    ['that of WEBHOOK_URL', false, { kind: 'global', hold: true }],
    ['that of the instance', false, { kind: 'instance', hold: true }],
  ])('%s: %s', (_what, expected, overrides) => {
    expect(holdsStopOf({ ...HOLDS, ...overrides }, anInstance({ name: 'my-llama' }))).toBe(expected);
  });
});

describe('the hold that a message is about', () => {
  it('is named by its beginning', () => {
    const record = withHold(anInstance(), { by: 'auto-stop', occasion: 'p' }, 'idle', ['a'], Date.parse(AT), 1_000);
    const change = {
      entryId: '1-0',
      type: 'instance.stop_pending',
      at: AT,
      instanceId: record.id,
      revision: 2,
      record,
    } as const;
    expect(holdOfBody(eventBody(change, { secrets: false, sequence: 1 }))).toBe(AT);
  });

  it.each(['', '{', '[]', '{}', '{"instance":{}}', '{"instance":{"stopHold":{"since":"soon"}}}'])(
    'is none in %s',
    (body) => {
      expect(holdOfBody(body)).toBeNull();
    },
  );
});
