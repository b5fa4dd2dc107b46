import type { EndpointId } from '@app/webhooks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KEYS, TestApi, type TestRequest } from '../../test/support/test-api.js';
import { EVENT_TYPES } from '../events/event-types.js';

const PATH = '/api/v1/webhooks/endpoints';
const URL = 'https://hooks.example.com/fleet?token=secret-token';

describe('webhook endpoints', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000' });
  });
  afterAll(async () => {
    await api.stop();
  });

  const as = (role: NonNullable<TestRequest['as']> | null) => (request: TestRequest) =>
    api.send({ ...request, as: role });
  const admin = (request: TestRequest): ReturnType<TestApi['send']> => as('admin')(request);
  const create = (body: unknown = { url: URL }): ReturnType<TestApi['send']> =>
    admin({ method: 'POST', url: PATH, body });

  it('are made by admins, and show their secret once', async () => {
    const created = await create({
      url: URL,
      description: 'pager',
      types: ['instance.ready', 'spend.*', 'instance.ready'],
      filter: { name: 'llama', owner: null },
      ordered: true,
    });
    expect(created.status).toBe(201);
    const { id, secret, ...view } = created.json as { id: string; secret: string };
    expect(id).toMatch(/^whe_/);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(created.headers).toMatchObject({ location: `${PATH}/${id}`, etag: '"1"' });
    expect(view).toEqual({
      kind: 'managed',
      url: URL,
      origin: 'https://hooks.example.com',
      description: 'pager',
      types: ['instance.ready', 'spend.*'],
      filter: { name: 'llama' },
      ordered: true,
      hold: false,
      state: 'active',
      secrets: [{ signature: 'v1', createdAt: '2026-01-01T12:00:00.000Z' }],
      createdAt: '2026-01-01T12:00:00.000Z',
      createdBy: 'user:the-admin',
      revision: 1,
    });
    for (const url of [PATH, `${PATH}/${id}`]) {
      const read = await admin({ url });
      expect(read.text).toContain(id);
      expect(read.text).not.toContain(secret);
    }
  });

  it('hold stops when they are asked to and get the event by which they learn of one', async () => {
    const { json, status } = await create({ url: URL, types: ['instance.stop_pending'], hold: true });
    expect([status, json['hold']]).toEqual([201, true]);
    const url = `${PATH}/${String(json['id'])}`;
    const change = (body: unknown): ReturnType<TestApi['send']> =>
      admin({ method: 'PATCH', url, body, headers: { 'if-match': '*' } });
    expect((await change({ hold: false })).json['hold']).toBe(false);
    expect((await change({ hold: true, types: [] })).json).toMatchObject({ hold: true, types: [] });
    for (const answer of [
      await create({ url: URL, types: ['instance.ready'], hold: true }),
      await change({ types: ['sync.*'], hold: true }),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.json['errors']).toEqual([
        { pointer: '/hold', detail: 'needs instance.stop_pending among the types' },
      ]);
    }
  });

  it('with a key pair show the public key, and the private one to nobody', async () => {
    const { json, text } = await create({ url: URL, signature: 'v1a' });
    expect(json).not.toHaveProperty('secret');
    expect(text).not.toContain('whsk_');
    expect(json['secrets']).toEqual([
      { signature: 'v1a', publicKey: expect.stringMatching(/^whpk_/) as string, createdAt: '2026-01-01T12:00:00.000Z' },
    ]);
  });

  it('show what may be secret in their addresses to operators only', async () => {
    const { json } = await create();
    const url = `${PATH}/${String(json['id'])}`;
    for (const path of [PATH, url]) {
      const seen = await as('viewer')({ url: path });
      expect(seen.status).toBe(200);
      expect(seen.text).toContain('https://hooks.example.com');
      expect(seen.text).not.toContain('secret-token');
      expect((await as('operator')({ url: path })).text).toContain('secret-token');
    }
  });

  it.each([
    ['POST', ''],
    ['PATCH', '/whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE'],
    ['DELETE', '/whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE'],
    ['POST', '/whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE/rotate-secret'],
    ['POST', '/whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE/pause'],
    ['POST', '/whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE/resume'],
    ['POST', '/whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE/replay?since=2026-01-01T00:00:00Z'],
  ] as const)('are managed by admins only: %s %s', async (method, path) => {
    expect((await as('operator')({ method, url: `${PATH}${path}` })).status).toBe(403);
    expect((await as('viewer')({ method, url: `${PATH}${path}` })).status).toBe(403);
    expect((await as(null)({ method, url: `${PATH}${path}` })).status).toBe(401);
  });

  it.each([
    [{}, '/url', 'is missing; it must be an http or https address'],
    [{ url: 'ftp://x' }, '/url', 'must begin with https:// or http://'],
    [{ url: 'https://u:p@x/' }, '/url', 'must not hold a user name or password'],
    [
      { url: 'http://127.0.0.1/' },
      '/url',
      'must lead to another host: 127.0.0.1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      { url: 'http://0x7f.1/' },
      '/url',
      'must lead to another host: 127.0.0.1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      { url: 'http://[::1]/' },
      '/url',
      'must lead to another host: ::1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [{ url: URL, types: ['instance.redy'] }, '/types/0', 'must be a type of event; the nearest is instance.ready'],
    [{ url: URL, types: 'instance.*' }, '/types', expect.stringContaining('must be a list') as string],
    [{ url: URL, types: [1] }, '/types/0', expect.stringContaining('must be text') as string],
    [{ url: URL, filter: { name: '' } }, '/filter/name', 'must be 1 to 200 characters'],
    [{ url: URL, filter: { size: 1 } }, '/filter/size', 'is not a known member'],
    [{ url: URL, signature: 'v2' }, '/signature', 'must be one of v1, v1a'],
    [{ url: URL, secret: 'x' }, '/secret', 'is not a known member'],
  ])('refuse %j and name the member', async (body, pointer, detail) => {
    const answer = await create(body);
    expect(answer.status).toBe(400);
    expect(answer.json['errors']).toEqual([{ pointer, detail }]);
  });

  it('are changed on the revision that was read', async () => {
    const { json } = await create({ url: URL, description: 'x', types: ['sync.*'], filter: { region: 'CN-HK-01' } });
    const url = `${PATH}/${String(json['id'])}`;
    const change = (body: unknown, tag?: string): ReturnType<TestApi['send']> =>
      admin({ method: 'PATCH', url, body, ...(tag !== undefined && { headers: { 'if-match': tag } }) });
    expect((await change({ types: [] })).status).toBe(428);
    for (const tag of ['x', 'W/"1"']) {
      expect((await change({ types: [] }, tag)).json['code']).toBe('precondition-failed');
    }
    const changed = await change({ types: [], description: null, filter: {} }, '"1"');
    expect([changed.status, changed.headers['etag']]).toEqual([200, '"2"']);
    expect(changed.json).toMatchObject({ types: [], filter: {}, url: URL, revision: 2 });
    expect(changed.json).not.toHaveProperty('description');
    const late = await change({ ordered: true }, '"1"');
    expect([late.status, late.json['code']]).toEqual([412, 'webhook-endpoint-changed']);
    expect((await change({ ordered: true }, '*')).json).toMatchObject({ ordered: true, revision: 3 });
    for (const [body, pointer] of [
      [{}, ''],
      [{ url: null }, '/url'],
      [{ url: 'http://10.0.0.1/' }, '/url'],
      [{ ordered: null }, '/ordered'],
      [{ types: null }, '/types'],
    ] as const) {
      const refused = await change(body, '*');
      expect([refused.status, refused.json['errors']]).toMatchObject([400, [{ pointer }]]);
    }
  });

  it('hold stops only where they hear of them, whichever member a change leaves out', async () => {
    const { json } = await create({ url: URL, types: ['sync.*'] });
    const url = `${PATH}/${String(json['id'])}`;
    const change = (body: unknown) => admin({ method: 'PATCH', url, body, headers: { 'if-match': '*' } });
    const detail = 'needs instance.stop_pending among the types';
    const refused = async (body: unknown) => (await change(body)).json['errors'];
    expect(await refused({ hold: true })).toEqual([{ pointer: '/hold', detail }]);
    expect(await refused({ hold: true, types: ['sync.*'] })).toEqual([{ pointer: '/hold', detail }]);
    expect((await change({ hold: true, types: ['instance.*'] })).status).toBe(200);
    expect(await refused({ types: ['instance.ready'] })).toEqual([{ pointer: '/types', detail }]);
    expect((await change({ types: ['instance.ready'], hold: false })).json).toMatchObject({ hold: false, revision: 3 });
  });

  it('have no filter with null as with {}, in a create and in a change', async () => {
    for (const filter of [null, {}]) {
      const { status, json } = await create({ url: URL, filter });
      expect([status, json['filter']]).toEqual([201, {}]);
      const request = { method: 'PATCH', url: `${PATH}/${String(json['id'])}`, headers: { 'if-match': '*' } } as const;
      await admin({ ...request, body: { filter: { name: 'llama' } } });
      const changed = await admin({ ...request, body: { filter } });
      expect([changed.status, changed.json['filter']]).toEqual([200, {}]);
    }
  });

  it('answer 304 while nothing about them has changed, and lead back to the revision when compressed', async () => {
    const { json } = await create({ url: `${URL}${'x'.repeat(600)}`, types: [...EVENT_TYPES] });
    const url = `${PATH}/${String(json['id'])}`;
    const read = (headers: Readonly<Record<string, string>>): ReturnType<TestApi['send']> => admin({ url, headers });
    const etag = String((await read({})).headers['etag']);
    const { headers: packed } = await api.app.inject({
      url,
      headers: { authorization: `Bearer ${KEYS.admin}`, 'accept-encoding': 'gzip' },
    });
    expect([packed['content-encoding'], packed['etag']]).toEqual(['gzip', '"1-gzip"']);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '"1-gzip"']) {
      const same = await read({ 'if-none-match': known });
      expect([known, same.status, same.text]).toEqual([known, 304, '']);
      expect(known).toContain(same.headers['etag']);
    }
    expect((await read({ 'if-none-match': '"9"' })).status).toBe(200);
    const headers = { 'if-match': String(packed['etag']) };
    const changed = await admin({ method: 'PATCH', url, body: { ordered: true }, headers });
    expect([changed.status, changed.headers['etag']]).toEqual([200, '"2"']);
    expect((await read({ 'if-none-match': etag })).status).toBe(200);
    const { endpoints } = api.webhooks;
    const failing = { ...(await endpoints.get(json['id'] as EndpointId)), failingSince: api.clock.timestamp() };
    vi.spyOn(endpoints, 'get').mockResolvedValueOnce(failing);
    const answer = await read({ 'if-none-match': '"2"' });
    expect([answer.status, answer.json['failingSince']]).toEqual([200, failing.failingSince]);
  });

  it('rotate their secret, the old one beside the new one for a while', async () => {
    const { json } = await create();
    const url = `${PATH}/${String(json['id'])}/rotate-secret`;
    const first = await admin({ method: 'POST', url });
    expect(first.status).toBe(200);
    expect(first.json['secret']).not.toBe(json['secret']);
    expect(first.json['secrets']).toMatchObject([{ signature: 'v1' }, { expiresAt: '2026-01-02T12:00:00.000Z' }]);
    const body = { keepOldForSeconds: 0, signature: 'v1a' };
    const second = await admin({ method: 'POST', url, body, headers: { 'if-match': '"2"' } });
    expect(second.json).toMatchObject({ secrets: [{ signature: 'v1a' }], revision: 3 });
    expect(second.json['secrets']).toHaveLength(1);
    expect((await admin({ method: 'POST', url, headers: { 'if-match': '"2"' } })).status).toBe(412);
    const long = await admin({ method: 'POST', url, body: { keepOldForSeconds: 1e9 } });
    expect(long.json['errors']).toMatchObject([{ pointer: '/keepOldForSeconds' }]);
  });

  it('are paused and resumed, as often as one likes', async () => {
    const { json } = await create();
    const url = `${PATH}/${String(json['id'])}`;
    for (const _ of [1, 2]) {
      const paused = await admin({ method: 'POST', url: `${url}/pause` });
      expect(paused.json).toMatchObject({
        state: 'paused',
        stateSince: '2026-01-01T12:00:00.000Z',
        pausedBy: 'user:the-admin',
        revision: 2,
      });
    }
    for (const _ of [1, 2]) {
      const resumed = await admin({ method: 'POST', url: `${url}/resume` });
      expect(resumed.json).toMatchObject({ state: 'active', revision: 3 });
      expect(resumed.json).not.toHaveProperty('stateSince');
    }
  });

  it('are sent again what they have missed', async () => {
    const { json } = await create();
    const id = String(json['id']);
    const replay = (query: string): ReturnType<TestApi['send']> =>
      admin({ method: 'POST', url: `${PATH}/${id}/replay${query}` });
    const answer = await replay('?since=2026-01-01T18:00:00%2B08:00');
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({ replayed: 3, more: true, until: '2026-01-01T11:00:00.000Z' });
    await replay('?since=2026-01-01T10:00:00Z&all=true');
    expect(api.webhooks.log.replays).toEqual([
      { endpointId: id, since: '2026-01-01T10:00:00.000Z', choice: 'undelivered' },
      { endpointId: id, since: '2026-01-01T10:00:00.000Z', choice: 'all' },
    ]);
    for (const query of ['', '?since=yesterday', '?since=2026-01-01T10:00:00', '?since=2026-01-01T10:00:00Z&x=1']) {
      expect([query, (await replay(query)).status]).toEqual([query, 400]);
    }
  });

  it('are gone after a delete, and unknown with what is no id', async () => {
    const { json } = await create();
    const url = `${PATH}/${String(json['id'])}`;
    expect((await admin({ method: 'DELETE', url, headers: { 'if-match': '"9"' } })).status).toBe(412);
    const gone = await admin({ method: 'DELETE', url });
    expect([gone.status, gone.text]).toEqual([204, '']);
    for (const path of [url, `${PATH}/x`, `${PATH}/whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE`]) {
      const missing = await admin({ url: path });
      expect([missing.status, missing.json['code']]).toEqual([404, 'webhook-endpoint-not-found']);
    }
  });
});

describe('webhook addresses', () => {
  let production: TestApi;
  let inside: TestApi;

  beforeAll(async () => {
    const keys = { NOVITA_API_KEY: 'k', API_KEYS: 'a:admin:0123456789abcdef', FLEET_ID: 't3st' };
    [production, inside] = await Promise.all([
      TestApi.start({ NODE_ENV: 'production', ...keys }),
      TestApi.start({ WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([production.stop(), inside.stop()]);
  });

  const places = (url: string): readonly [TestRequest, string][] => [
    [{ method: 'POST', url: PATH, as: 'admin', body: { url } }, '/url'],
    [{ method: 'POST', url: '/api/v1/webhooks/test', body: { url } }, '/url'],
    [
      {
        method: 'POST',
        url: '/api/v1/instances',
        body: { name: 'x', productName: 'RTX 4090', image: 'nginx', webhookUrl: url },
      },
      '/webhookUrl',
    ],
    [
      {
        method: 'PATCH',
        url: '/api/v1/instances/5f2c8d1e9a7b4c30',
        body: { webhookUrl: url },
        headers: { 'if-match': '*' },
      },
      '/webhookUrl',
    ],
  ];

  it('need https in production, wherever they are given', async () => {
    for (const [request, pointer] of places('http://hooks.example.com/')) {
      const answer = await production.send(request);
      expect([request.url, answer.status]).toEqual([request.url, 400]);
      expect(answer.json['errors']).toEqual([{ pointer, detail: 'must begin with https://' }]);
    }
  });

  it('may be private only where that is set, and never of a metadata service', async () => {
    for (const [request] of places('http://127.0.0.1:8080/')) {
      expect([request.url, (await inside.send(request)).status]).not.toEqual([request.url, 400]);
    }
    for (const [request, pointer] of places('http://169.254.169.254/')) {
      const answer = await inside.send(request);
      expect([answer.status, answer.json['errors']]).toMatchObject([400, [{ pointer }]]);
    }
    for (const [request, pointer] of places('https://10.1.2.3/')) {
      const answer = await production.send(request);
      expect([answer.status, answer.json['errors']]).toMatchObject([400, [{ pointer }]]);
    }
  });
});
