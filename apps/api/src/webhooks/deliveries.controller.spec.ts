import { StoreUnavailableError } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { DeliveryId, EndpointId, WebhookDelivery } from '@app/webhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const PATH = '/api/v1/webhooks/deliveries';
const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;
const ID = 'whd_0123456789abcdef0123456789' as DeliveryId;
const ENDPOINT = 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' as EndpointId;

const DELIVERY: WebhookDelivery = {
  id: ID,
  endpointId: ENDPOINT,
  eventId: '5-0',
  type: 'sync.completed',
  instanceId: null,
  sequence: null,
  state: 'pending',
  attempts: [
    {
      at: at('11:00:00'),
      durationMs: 84,
      result: 'rejected',
      status: 500,
      message: null,
      answer: 'a secret of the receiver',
    },
    { at: at('11:00:05'), durationMs: 9, result: 'no-answer', status: null, message: 'connect: hidden', answer: null },
  ],
  nextAttemptAt: at('12:00:30'),
  createdAt: at('11:00:00'),
  replayOf: null,
};

describe('webhook deliveries', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ WEBHOOK_SECRET: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' });
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    const { log, sender } = api.webhooks;
    log.kept.splice(0, log.kept.length, DELIVERY);
    log.queries.length = 0;
    log.nextCursor = null;
    log.failure = null;
    sender.sent.length = 0;
  });

  it('show every attempt; what receivers said to operators only', async () => {
    const page = await api.send({ url: PATH, as: 'viewer' });
    expect(page.status).toBe(200);
    expect(page.json).toEqual({
      deliveries: [
        {
          id: ID,
          endpointId: ENDPOINT,
          eventId: '5-0',
          type: 'sync.completed',
          state: 'pending',
          attempts: [
            { at: at('11:00:00'), durationMs: 84, result: 'rejected', status: 500 },
            { at: at('11:00:05'), durationMs: 9, result: 'no-answer' },
          ],
          nextAttemptAt: at('12:00:30'),
          createdAt: at('11:00:00'),
        },
      ],
      nextCursor: null,
    });
    const one = await api.send({ url: `${PATH}/${ID}` });
    expect(one.json['attempts']).toMatchObject([
      { answer: 'a secret of the receiver' },
      { message: 'connect: hidden' },
    ]);
  });

  it('are filtered and paged', async () => {
    api.webhooks.log.nextCursor = 'c+1';
    const instance = 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE';
    const query = `endpoint=${ENDPOINT}&state=exhausted&type=instance.ready&instance=${instance}&since=2026-01-01T12:00:00%2B02:00&limit=7&cursor=c0`;
    const answer = await api.send({ url: `${PATH}?${query}` });
    expect(answer.headers['link']).toContain('cursor=c%2B1');
    expect(api.webhooks.log.queries).toEqual([
      {
        endpointId: ENDPOINT,
        state: 'exhausted',
        type: 'instance.ready',
        instanceId: instance,
        since: at('10:00:00'),
        limit: 7,
        cursor: 'c0',
      },
    ]);
  });

  it.each(['endpoint=x', 'state=lost', 'type=instance.rdy', 'instance=abc', 'since=today', 'limit=201', 'name=x'])(
    'refuse ?%s and name the parameter',
    async (query) => {
      const answer = await api.send({ url: `${PATH}?${query}` });
      expect(answer.status).toBe(400);
      expect(answer.json['errors']).toMatchObject([{ pointer: `?${query.split('=')[0]}` }]);
    },
  );

  it('are sent again by admins', async () => {
    const url = `${PATH}/${ID}/replay`;
    expect((await api.send({ method: 'POST', url })).status).toBe(403);
    const removed = await api.send({ method: 'POST', url, as: 'admin' });
    expect([removed.status, removed.json['code']]).toEqual([404, 'webhook-endpoint-not-found']);
    const filter = { name: null, region: null, owner: null };
    const common = { description: null, types: [], filter, ordered: false, hold: false, algorithm: 'v1' } as const;
    const endpoint = await api.webhooks.endpoints.create({ ...common, url: 'https://hooks.example.com/' }, 'user:ops');
    api.webhooks.log.kept.splice(0, 1, { ...DELIVERY, endpointId: endpoint.id });
    const answer = await api.send({ method: 'POST', url, as: 'admin' });
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ state: 'pending', attempts: [], replayOf: ID, eventId: '5-0' });
    expect(answer.headers['location']).toBe(`${PATH}/${String(answer.json['id'])}`);
  });

  it('that nobody knows are 404', async () => {
    for (const id of ['x', 'whd_ffffffffffffffffffffffffff']) {
      for (const request of [{ url: `${PATH}/${id}` }, { method: 'POST', url: `${PATH}/${id}/replay` }] as const) {
        const answer = await api.send({ ...request, as: 'admin' });
        expect([answer.status, answer.json['code']]).toEqual([404, 'webhook-delivery-not-found']);
      }
    }
  });

  it('cannot be read while Redis is away', async () => {
    api.webhooks.log.failure = new StoreUnavailableError('away');
    for (const url of [PATH, `${PATH}/${ID}`]) {
      const answer = await api.send({ url });
      expect([answer.status, answer.json['code']]).toEqual([503, 'dependency-unavailable']);
      expect(answer.headers['retry-after']).toBe('5');
    }
  });

  describe('a test', () => {
    const test = (body: unknown, as: 'viewer' | 'operator' = 'operator'): ReturnType<TestApi['send']> =>
      api.send({ method: 'POST', url: '/api/v1/webhooks/test', body, as });

    it('says what came of one attempt, to an operator', async () => {
      expect((await test({ url: 'https://hooks.example.com/' }, 'viewer')).status).toBe(403);
      const answer = await test({ url: 'https://hooks.example.com/' });
      expect(answer.json).toEqual({
        at: at('12:00:00'),
        durationMs: 12,
        result: 'delivered',
        status: 200,
        answer: 'thanks',
      });
      const [sent] = api.webhooks.sender.sent;
      expect(sent?.endpoint.secrets).toMatchObject([{ key: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' }]);
      expect(JSON.parse(sent?.body ?? '')).toMatchObject({ type: 'webhook.test' });
    });

    it('goes to an endpoint with its own secret', async () => {
      const created = await api.send({
        method: 'POST',
        url: '/api/v1/webhooks/endpoints',
        as: 'admin',
        body: { url: 'https://hooks.example.com/' },
      });
      expect((await test({ endpointId: created.json['id'] })).status).toBe(200);
      expect(api.webhooks.sender.sent[0]?.endpoint.secrets).toMatchObject([{ key: created.json['secret'] }]);
    });

    it.each([
      [{}, 400, ''],
      [{ url: 'https://hooks.example.com/', endpointId: ENDPOINT }, 400, ''],
      [{ url: 'http://localhost/' }, 400, '/url'],
    ])('refuses %j', async (body, status, pointer) => {
      const answer = await test(body);
      expect([answer.status, answer.json['errors']]).toMatchObject([status, [{ pointer }]]);
      expect(api.webhooks.sender.sent).toEqual([]);
    });

    it('of an unknown endpoint is 404', async () => {
      expect((await test({ endpointId: ENDPOINT })).status).toBe(404);
      expect((await test({ endpointId: 'x' })).status).toBe(404);
    });
  });
});
