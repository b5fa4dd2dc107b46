import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AGENT_KEY, KEYS, TestApi } from '../../../test/support/test-api.js';
import { addressKey } from './request-authorizer.js';

describe('the door', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => api.commands.clear());

  it.each([
    ['no key', {}],
    ['an unknown key', { authorization: 'Bearer wrong-key-0123456789' }],
    ['another scheme', { authorization: `Basic ${KEYS.admin}` }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['a key with more behind it', { authorization: `Bearer ${KEYS.admin}x` }],
  ])('answers 401 to %s', async (_what, headers) => {
    for (const [method, url] of [
      ['GET', '/api/v1/instances'],
      ['POST', '/api/instances/stop-all'],
      ['GET', '/metrics'],
    ] as const) {
      const answer = await api.send({ method, url, as: null, headers });
      expect(answer.status).toBe(401);
      expect(answer.json).toMatchObject({ code: 'unauthorized', requestId: answer.headers['x-request-id'] });
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    }
    expect(api.commands.calls).toEqual([]);
    expect(api.log.lines.join('')).not.toContain('wrong-key');
  });

  it('lets a viewer read and nothing else', async () => {
    const reads = [
      '/api/v1/instances',
      '/api/v1/instances/comprehensive',
      '/api/v1/orphans',
      '/api/v1/sync/history',
      '/api/v1/products',
      '/api/v1/clusters',
      '/api/v1/templates',
      '/metrics',
    ];
    for (const url of reads) {
      expect((await api.send({ url, as: 'viewer' })).status).toBe(200);
    }
    const commands = [
      ['POST', '/api/v1/instances'],
      ['PATCH', '/api/v1/instances/x1'],
      ['DELETE', '/api/v1/instances/x1'],
      ['POST', '/api/v1/instances/x1/start'],
      ['POST', '/api/v1/instances/x1/stop'],
      ['POST', '/api/v1/instances/x1/restart'],
      ['POST', '/api/v1/instances/start'],
      ['POST', '/api/v1/instances/stop'],
      ['POST', '/api/v1/instances/delete'],
      ['POST', '/api/v1/instances/stop-all'],
      ['POST', '/api/v1/instances/sync'],
      ['POST', '/api/v1/sync/pause'],
      ['POST', '/api/v1/sync/resume'],
      ['POST', '/api/v1/orphans/x1/adopt'],
      ['POST', '/api/v1/orphans/x1/ignore'],
      ['POST', '/api/v1/orphans/x1/stop'],
      ['PUT', '/api/v1/instances/x1/last-used'],
    ] as const;
    for (const [method, url] of commands) {
      const answer = await api.send({ method, url, as: 'viewer', body: {} });
      expect([url, answer.status]).toEqual([url, 403]);
      expect(answer.json['code']).toBe('forbidden');
    }
    expect(api.commands.calls).toEqual([]);
    expect(api.store.touches).toEqual([]);
  });

  it('lets a key with limits use no command but those that heed them', async () => {
    const headers = { authorization: `Bearer ${AGENT_KEY}` };
    for (const url of ['/api/v1/instances', '/api/v1/orphans', '/api/v1/spend']) {
      expect([url, (await api.send({ url, headers })).status]).toEqual([url, 200]);
    }
    for (const [method, url] of [
      ['POST', '/api/v1/instances/bulk'],
      ['POST', '/api/v1/instances/stop-all'],
      ['POST', '/api/v1/orphans/x1/adopt'],
      ['POST', '/api/v1/instances/migration/check-failed'],
      ['POST', '/api/v1/webhooks/endpoints'],
      ['POST', '/api/v1/sync/pause'],
    ] as const) {
      const answer = await api.send({ method, url, headers, body: {} });
      expect([url, answer.status, answer.json['code']]).toEqual([url, 403, 'forbidden']);
      expect(answer.json['detail']).toContain('has limits');
    }
    expect(api.commands.calls).toEqual([]);
    expect((await api.send({ method: 'POST', url: '/api/v1/instances/x1/stop', headers })).status).toBe(202);
  });

  it('lets an admin do what an operator may', async () => {
    expect((await api.send({ method: 'POST', url: '/api/v1/instances/x1/stop', as: 'admin' })).status).toBe(202);
  });

  it('needs no key for health, documents, errors and the index', async () => {
    for (const url of [
      '/',
      '/health',
      '/health/live',
      '/health/ready',
      '/api/v1/health',
      '/api/health',
      '/openapi.json',
      '/docs',
      '/errors',
      '/errors/forbidden',
    ]) {
      expect([url, (await api.send({ url, as: null })).status]).toEqual([url, 200]);
    }
  });

  it('keeps every route closed that does not say who may use it', async () => {
    const probe = (await api.send({ url: '/openapi.json', as: null })).json as {
      paths: Record<string, Record<string, { security?: unknown[] }>>;
    };
    // An address that comes without a key too often is answered 429.
    let client = 0;
    for (const [path, operations] of Object.entries(probe.paths)) {
      for (const [method, { security }] of Object.entries(operations)) {
        const open = Array.isArray(security) && security.length === 0;
        const url = path.replaceAll(/\{\w+\}/g, 'forbidden');
        const { status } = await api.send({
          method: method.toUpperCase() as 'GET',
          url,
          as: null,
          from: `10.0.0.${client++}`,
        });
        expect([method, path, status === 401]).toEqual([method, path, !open]);
      }
    }
  });
});

describe('the door, by its settings and the rate of calls', () => {
  let api: TestApi;

  afterEach(async () => {
    await api.stop();
  });

  it('opens the metrics to everybody when the settings say so', async () => {
    api = await TestApi.start({ METRICS_PUBLIC: 'true' });
    const answer = await api.send({ url: '/metrics', as: null });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('http_request_duration_seconds');
  });

  it('counts the requests of a key and refuses past the limit, with the time to wait', async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '3' });
    const remaining: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await api.send({ url: '/api/v1/instances' });
      expect(status).toBe(200);
      expect(headers['ratelimit-policy']).toBe('"key";q=3;w=60');
      remaining.push(headers['ratelimit']);
    }
    expect(remaining).toEqual(['"key";r=2;t=60', '"key";r=1;t=60', '"key";r=0;t=60']);
    const refused = await api.send({ url: '/api/v1/instances' });
    expect(refused.status).toBe(429);
    expect(refused.json).toMatchObject({ code: 'rate-limited', retryable: true });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['ratelimit']).toMatch(/^"key";r=0;t=\d+$/);
    expect((await api.send({ url: '/api/v1/instances', as: 'viewer' })).status).toBe(200);
    expect((await api.send({ url: '/health/live', as: null })).status).toBe(200);
  });

  it('limits wrong keys by address without touching good ones', async () => {
    api = await TestApi.start();
    const statuses: number[] = [];
    for (let i = 0; i < 35; i++) {
      statuses.push(
        (
          await api.send({
            url: '/api/v1/instances',
            as: null,
            headers: { authorization: `Bearer guess-${i}-0123456789` },
          })
        ).status,
      );
    }
    expect(statuses.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => 401));
    expect(statuses.slice(30)).toEqual(Array.from({ length: 5 }, () => 429));
    expect((await api.send({ url: '/api/v1/instances' })).status).toBe(200);
  });

  it('does not believe an address that the client claims', async () => {
    api = await TestApi.start();
    const statuses = new Set<number>();
    for (let i = 0; i < 35; i++) {
      statuses.add(
        (await api.send({ url: '/api/v1/instances', as: null, headers: { 'x-forwarded-for': `10.0.0.${i}` } })).status,
      );
    }
    expect(statuses).toContain(429);
  });
});

describe('addressKey', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('counts %s as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
