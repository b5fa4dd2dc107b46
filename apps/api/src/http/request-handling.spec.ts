import { timestampFromMs } from '@app/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestAnswer, TestApi } from '../../test/support/test-api.js';

describe('requests that no route can serve', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });

  function expectProblem(answer: TestAnswer, status: number, code: string): void {
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json).toMatchObject({
      type: `/errors/${code}`,
      status,
      code,
      title: expect.any(String) as string,
      detail: expect.any(String) as string,
      suggestion: expect.any(String) as string,
      retryable: expect.any(Boolean) as boolean,
      requestId: answer.headers['x-request-id'],
    });
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  }

  it.each([
    '/api/v1/nothing',
    '/api/v2/instances',
    '/nothing',
    '/api/v1/instances/x1/sync',
    '/docs/..%2f..%2fpackage.json',
    '/docs/../package.json',
  ])('404 for %s', async (url) => {
    expectProblem(await api.send({ url }), 404, 'route-not-found');
    expectProblem(await api.send({ url, as: null }), 404, 'route-not-found');
  });

  it.each([
    ['PUT', '/api/v1/instances', 'GET, HEAD, POST'],
    ['POST', '/api/instances/x1', 'DELETE, GET, HEAD, PATCH'],
    ['GET', '/api/v1/instances/x1/last-used', 'PUT'],
    ['DELETE', '/health/live', 'GET, HEAD'],
  ] as const)('405 for %s %s', async (method, url, allow) => {
    const answer = await api.send({ method, url });
    expectProblem(answer, 405, 'method-not-allowed');
    expect(answer.headers['allow']).toBe(allow);
  });

  it('413 for a body of 2 MB', async () => {
    const body = JSON.stringify({ name: 'x'.repeat(2 * 1024 * 1024) });
    expectProblem(await api.send({ method: 'POST', url: '/api/v1/instances', body }), 413, 'body-too-large');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    '415 for a body of %s',
    async (type) => {
      const answer = await api.send({
        method: 'POST',
        url: '/api/v1/instances',
        body: 'name=x',
        headers: { 'content-type': type },
      });
      expectProblem(answer, 415, 'unsupported-media-type');
    },
  );

  it.each(['{"name":', 'name=x', "{'name':'x'}", '{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{}}}'])(
    '400 for %s, which is no JSON of ours',
    async (body) => {
      expectProblem(await api.send({ method: 'POST', url: '/api/v1/instances', body }), 400, 'malformed-json');
    },
  );

  it('400 for a path that is not correctly encoded', async () => {
    const answer = await api.send({ url: '/api/v1/instances/%zz' });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json['code']).toBe('bad-request');
  });

  it('says where data comes from on refusals too', async () => {
    api.sync.set({ instancesAsOf: timestampFromMs(api.clock.now()) });
    const answer = await api.send({ url: '/api/v1/nothing', as: null });
    expect(answer.headers).toMatchObject({ 'x-data-source': 'memory', 'x-data-as-of': '2026-01-01T12:00:00.000Z' });
    expect((await api.send({ url: '/health' })).headers).not.toHaveProperty('x-data-source');
  });

  it('takes a request id that is short and clean, and makes one otherwise', async () => {
    const given = await api.send({ url: '/api/v1/health', headers: { 'x-request-id': 'trace-42' } });
    expect(given.headers['x-request-id']).toBe('trace-42');
    const made = await api.send({ url: '/api/v1/health', headers: { 'x-request-id': 'a b' } });
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('logs each request with its key name, id and status, and no key', async () => {
    api.log.clear();
    const answer = await api.send({ url: '/api/v1/instances', as: 'viewer' });
    expect(api.log.records()).toContainEqual(
      expect.objectContaining({
        requestId: answer.headers['x-request-id'],
        keyName: 'the-viewer',
        status: 200,
        url: '/api/v1/instances',
      }),
    );
    expect(api.log.lines.join('')).not.toContain('viewer-key');
  });

  it('answers HEAD as GET without the body', async () => {
    const answer = await api.send({ method: 'HEAD', url: '/api/v1/instances' });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('');
  });

  it('lets no page of another origin in', async () => {
    const answer = await api.send({ url: '/api/v1/instances', headers: { origin: 'https://evil.example' } });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await api.send({
      method: 'OPTIONS',
      url: '/api/v1/instances',
      as: null,
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(405);
  });
});

describe('CORS for listed origins', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ CORS_ORIGINS: 'https://fleet.example.com' });
  });
  afterAll(async () => {
    await api.stop();
  });

  const preflight = (origin: string): Promise<TestAnswer> =>
    api.send({
      method: 'OPTIONS',
      url: '/api/v1/instances',
      as: null,
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });

  it('answers the preflight of a listed origin, without a key', async () => {
    const answer = await preflight('https://fleet.example.com');
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe('https://fleet.example.com');
    expect(String(answer.headers['access-control-allow-headers'])).toContain('Idempotency-Key');
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('allows nothing to another origin', async () => {
    expect((await preflight('https://evil.example')).headers['access-control-allow-origin']).not.toBe(
      'https://evil.example',
    );
  });

  it('shows refusals to a listed origin, and what it may read of the headers', async () => {
    const headers = { origin: 'https://fleet.example.com' };
    for (const as of ['viewer', null] as const) {
      const answer = await api.send({ url: '/api/v1/instances', as, headers });
      expect(answer.headers['access-control-allow-origin']).toBe('https://fleet.example.com');
      expect(String(answer.headers['access-control-expose-headers'])).toContain('ETag');
      expect(String(answer.headers['vary'])).toContain('Origin');
    }
  });
});
