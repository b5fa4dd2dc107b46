import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from './support/test-api.js';

const SESSION = '/admin/queues/session';
const NO_SUCH_ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

describe('below the path of a proxy', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ BASE_PATH: '/fleet', TRUST_PROXY: '127.0.0.1' });
  });
  afterAll(async () => api.stop());

  it.each(['/fleet', ''])('serves what arrives at "%s", and leads back below it', async (arrivesAt) => {
    const missing = await api.send({ url: `${arrivesAt}/api/v1/instances/${NO_SUCH_ID}` });
    expect(missing.json).toMatchObject({ code: 'instance-not-found', type: '/fleet/errors/instance-not-found' });
    expect((await api.send({ url: `${arrivesAt}/errors/instance-not-found`, as: null })).json['type']).toBe(
      '/fleet/errors/instance-not-found',
    );
    const ended = await api.send({ method: 'DELETE', url: `${arrivesAt}${SESSION}`, as: null });
    expect(ended.headers['set-cookie']).toContain('Path=/fleet/admin/queues;');
    const triggered = await api.send({ method: 'POST', url: `${arrivesAt}/api/v1/instances/auto-stop/trigger` });
    expect(triggered.headers['location']).toBe('/fleet/api/v1/instances/auto-stop/stats');
  });

  it('names its own address to generated clients, and to its documentation', async () => {
    const document = await api.send({ url: '/openapi.json', as: null, headers: { host: 'gpu.example.com' } });
    expect(document.json['servers']).toMatchObject([{ url: 'http://gpu.example.com/fleet' }, { url: '/fleet' }]);
    const odd = await api.send({ url: '/openapi.json', as: null, headers: { host: 'a/b?c' } });
    expect(odd.json['servers']).toMatchObject([{ url: '/fleet' }]);
    expect((await api.send({ url: '/fleet/docs/swagger-ui-init.js', as: null })).text).toContain('"url": "/fleet"');
  });

  it('leads to the path with a slash, to which the addresses of the page are relative', async () => {
    const answer = await api.send({ url: '/fleet?status=ready', as: null, headers: { accept: 'text/html' } });
    expect([answer.status, answer.headers['location']]).toEqual([308, '/fleet/?status=ready']);
  });

  it('believes what a trusted proxy says of the client', async () => {
    const headers = { 'x-forwarded-prefix': '/other', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'x.example' };
    const believed = await api.send({ url: '/openapi.json', as: null, headers, from: '127.0.0.1' });
    expect(believed.json['servers']).toMatchObject([{ url: 'https://x.example/other' }, { url: '/other' }]);
    const doubted = await api.send({ url: '/openapi.json', as: null, headers, from: '192.0.2.9' });
    expect(JSON.stringify(doubted.json['servers'])).not.toMatch(/other|x\.example|https/);
  });

  it.each([
    '//evil.example',
    'https://evil.example',
    '/a"><script>',
    '/a/../..',
    '/a\\r\\nx: y',
    '/%2f%2fevil.example',
    '/api',
  ])('leads nowhere else for the prefix %j', async (prefix) => {
    const headers = { 'x-forwarded-prefix': prefix, accept: 'text/html' };
    const triggered = await api.send({
      method: 'POST',
      url: '/api/v1/instances/auto-stop/trigger',
      headers: { ...headers, accept: 'application/json' },
      from: '127.0.0.1',
    });
    expect(triggered.headers['location']).toBe('/fleet/api/v1/instances/auto-stop/stats');
    const missing = await api.send({ url: '/nothing', as: null, headers, from: '127.0.0.1' });
    expect([missing.status, missing.text.includes('evil') || missing.text.includes('<script')]).toEqual([404, false]);
    const root = await api.send({ url: '/fleet', as: null, headers, from: '127.0.0.1' });
    expect([root.status, root.headers['location']]).toEqual([308, '/fleet/']);
  });

  it('counts failed keys for the client behind a trusted proxy', async () => {
    const fail = async (client: string): Promise<number> => {
      const headers = { authorization: 'Bearer wrong-key-0123456789', 'x-forwarded-for': client };
      return (await api.send({ url: '/api/v1/me', as: null, headers, from: '127.0.0.1' })).status;
    };
    for (let count = 0; count < 30; count++) expect(await fail('198.51.100.1')).toBe(401);
    expect(await fail('198.51.100.1')).toBe(429);
    expect(await fail('198.51.100.2')).toBe(401);
  });
});

describe('long answers', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => api.stop());

  const raw = async (accept?: string): Promise<{ headers: Record<string, unknown>; bytes: Buffer }> => {
    const headers = accept === undefined ? {} : { 'accept-encoding': accept };
    const answer = await api.app.inject({ url: '/openapi.json', headers });
    return { headers: answer.headers, bytes: answer.rawPayload };
  };

  it.each([
    ['gzip', 'gzip', gunzipSync],
    ['gzip, br;q=0.9', 'gzip', gunzipSync],
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip, deflate, br, zstd', 'zstd', zstdDecompressSync],
  ])('are compressed for "%s" as %s', async (accept, encoding, expand) => {
    const { headers, bytes } = await raw(accept);
    expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'Accept-Encoding' });
    expect(Number(headers['content-length'])).toBe(bytes.length);
    const whole = (await raw()).bytes;
    expect(expand(bytes).equals(whole)).toBe(true);
    expect(bytes.length).toBeLessThan(whole.length / 4);
  });

  it.each([undefined, 'identity', 'gzip;q=0', 'deflate'])('are sent as they are for %s', async (accept) => {
    expect((await raw(accept)).headers['content-encoding']).toBeUndefined();
  });

  it('are weakly tagged then, and spared a client that has them in either form', async () => {
    const url = '/api/v1/products';
    const plain = await api.send({ url });
    const packed = await api.send({ url, headers: { 'accept-encoding': 'br' } });
    expect(packed.headers['etag']).toBe(plain.headers['etag']);
    expect(String(plain.headers['vary']).split(', ')).toEqual(
      expect.arrayContaining(['Authorization', 'Accept-Encoding']),
    );
    const known = { 'accept-encoding': 'br', 'if-none-match': String(packed.headers['etag']) };
    expect((await api.send({ url, headers: known })).status).toBe(304);
  });

  it('leave short ones alone', async () => {
    const answer = await api.send({ url: '/api/v1/me', headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.headers['vary']).toContain('Accept-Encoding');
  });
});

describe('the tag of a list', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => api.stop());

  it.each(['instances', 'orphans', 'products', 'clusters', 'templates', 'sync/history'])(
    'spares a client that has %s already',
    async (list) => {
      const url = `/api/v1/${list}`;
      const first = await api.send({ url });
      expect(first.status).toBe(200);
      const tag = String(first.headers['etag']);
      expect(tag).toMatch(/^W\/"[\w-]{27}"$/);
      const again = await api.send({ url, headers: { 'if-none-match': tag } });
      expect([again.status, again.text, again.headers['etag']]).toEqual([304, '', tag]);
      expect((await api.send({ url, headers: { 'if-none-match': 'W/"other"' } })).status).toBe(200);
    },
  );
});
