import { brotliCompressSync, gzipSync } from 'node:zlib';
import { timestampFromMs } from '@app/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestAnswer, TestApi } from '../../../test/support/test-api.js';

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

  const post = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<TestAnswer> =>
    api.send({ method: 'POST', url: '/api/v1/instances', body, headers });

  it.each(['{"name":', 'name=x', "{'name':'x'}"])('400 for %s, which is no JSON', async (body) => {
    const answer = await post(body);
    expectProblem(answer, 400, 'malformed-json');
    expect(answer.json['detail']).toMatch(/^The body is not JSON .*at line 1, column \d+: .* expected\.$/);
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{}}}',
    '{"gpuNum":1,"gpuNum":8}',
    `{"name":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    `{"envs":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`,
  ])('400 for a body whose members cannot be taken, case %#', async (body) => {
    expectProblem(await post(body), 400, 'validation-failed');
  });

  const CREATE = JSON.stringify({ name: 'a', productName: 'RTX 4090', image: 'nginx' });
  const UMLAUT = CREATE.replace('}', ',"command":"grüße"}');

  it.each(['gzip', 'x-gzip', 'GZIP'])('reads a body with Content-Encoding %s', async (encoding) => {
    expect((await post(gzipSync(CREATE), { 'content-encoding': encoding })).status).toBe(201);
  });

  it('reads UTF-8 that says so, and that begins with its mark', async () => {
    expect((await post(UMLAUT, { 'content-type': 'application/json; charset="UTF-8"' })).status).toBe(201);
    expect((await post(`\uFEFF${UMLAUT}`)).status).toBe(201);
  });

  it.each([
    ['in Latin-1 without a word', Buffer.from(UMLAUT, 'latin1'), {}, 400, 'malformed-json'],
    [
      'in Latin-1 that says so',
      Buffer.from(UMLAUT, 'latin1'),
      { 'content-type': 'application/json; charset=ISO-8859-1' },
      415,
      'unsupported-media-type',
    ],
    ['in brotli', brotliCompressSync(CREATE), { 'content-encoding': 'br' }, 415, 'unsupported-media-type'],
    ['packed twice', gzipSync(gzipSync(CREATE)), { 'content-encoding': 'gzip, gzip' }, 415, 'unsupported-media-type'],
    ['that is no gzip', Buffer.from(CREATE), { 'content-encoding': 'gzip' }, 400, 'bad-request'],
    ['of gzip cut short', gzipSync(CREATE).subarray(0, -6), { 'content-encoding': 'gzip' }, 400, 'bad-request'],
    ['that grows to 50 MB', gzipSync(Buffer.alloc(5e7, ' ')), { 'content-encoding': 'gzip' }, 413, 'body-too-large'],
  ] as const)('refuses a body %s', async (_what, body, headers, status, code) => {
    expectProblem(await post(body, headers), status, code);
  });

  it('400 for a path that is not correctly encoded', async () => {
    const answer = await api.send({ url: '/api/v1/instances/%zz' });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json['code']).toBe('bad-request');
  });

  it('says where data comes from on rejections too', async () => {
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

  it.each(['/health', '/api/v1/instances', '/nothing'])(
    'answers OPTIONS of %s that is no preflight as without CORS',
    async (url) => {
      const closed = await TestApi.start();
      const plain = await closed.send({ method: 'OPTIONS', url, as: null });
      await closed.stop();
      const answer = await api.send({ method: 'OPTIONS', url, as: null });
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect([answer.status, answer.json['code'], answer.headers['allow']]).toEqual([
        url === '/nothing' ? 404 : 405,
        plain.json['code'],
        plain.headers['allow'],
      ]);
    },
  );

  it('shows rejections to a listed origin, and what it may read of the headers', async () => {
    const headers = { origin: 'https://fleet.example.com' };
    for (const as of ['viewer', null] as const) {
      const answer = await api.send({ url: '/api/v1/instances', as, headers });
      expect(answer.headers['access-control-allow-origin']).toBe('https://fleet.example.com');
      expect(String(answer.headers['access-control-expose-headers'])).toContain('ETag');
      expect(String(answer.headers['vary'])).toContain('Origin');
    }
  });
});
