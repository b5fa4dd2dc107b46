import { KINDS, KUBERNETES_KINDS } from '@app/kubernetes-source';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aResource, FakeKubernetes } from '../../test/support/fake-kubernetes.js';
import { TestApi } from '../../test/support/test-api.js';

const LISTS = KUBERNETES_KINDS.map((kind) => `/api/v1/${KINDS[kind].plural}`);

describe('without a cluster', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(() => api.stop());

  it('every route says how to turn it on, and speaks of no sync', async () => {
    for (const url of [...LISTS, '/api/v1/pods/default/a', '/api/v1/nodes/a', '/api/pods']) {
      const answer = await api.send({ url, as: 'viewer' });
      expect([url, answer.status, answer.json['code']]).toEqual([url, 404, 'kubernetes-off']);
      expect(answer.json['suggestion']).toContain('KUBERNETES_SOURCE=true');
      expect(answer.headers).not.toHaveProperty('x-sync-status');
    }
  });
});

describe('the resources of a cluster', () => {
  const cluster = new FakeKubernetes();
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({}, { kubernetes: cluster });
  });
  afterAll(() => api.stop());
  beforeEach(() => {
    cluster.clear();
    cluster.put(
      aResource('Pod', 'web-0', { labels: { app: 'web' } }),
      aResource('Pod', 'web-1', { labels: { app: 'web', tier: 'front' } }),
      aResource('Pod', 'db-0', { labels: { app: 'db' }, namespace: 'data' }),
      aResource('Node', 'gpu-1'),
    );
  });

  const get = (url: string, headers: Readonly<Record<string, string>> = {}): ReturnType<TestApi['send']> =>
    api.send({ url: `/api/v1/${url}`, as: 'viewer', headers });
  const namesOf = async (query: string): Promise<readonly string[]> => {
    const { json } = await get(query);
    return (json['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
  };

  it('need a key', async () => {
    expect((await api.send({ url: '/api/v1/pods', as: null })).status).toBe(401);
  });

  it('have a list for each kind, in the order of namespace and name', async () => {
    for (const url of LISTS) expect([url, (await api.send({ url, as: 'viewer' })).status]).toEqual([url, 200]);
    const { json, headers } = await get('pods');
    expect(json).toMatchObject({ total: 3, nextCursor: null });
    expect((json['items'] as unknown[])[0]).toEqual(
      JSON.parse(aResource('Pod', 'db-0', { labels: { app: 'db' }, namespace: 'data' }).json),
    );
    expect(headers['x-data-as-of']).toBe('2026-01-01T11:59:30.000Z');
    expect(headers).not.toHaveProperty('x-data-stale');
  });

  it.each([
    ['pods?namespace=default', ['web-0', 'web-1']],
    ['pods?labelSelector=app%3Dweb,!tier', ['web-0']],
    ['pods?labelSelector=app in (db,web)&namespace=data', ['db-0']],
    ['pods?fieldSelector=metadata.name%3Dweb-1', ['web-1']],
    ['pods?fieldSelector=metadata.name%3Dweb-1,metadata.namespace%3Ddefault', ['web-1']],
    ['pods?fieldSelector=metadata.namespace!%3Ddata', ['web-0', 'web-1']],
    ['pods?namespace=data&fieldSelector=metadata.namespace%3Ddefault', []],
    ['pods?namespace=default&fieldSelector=metadata.name%3Dweb-1&labelSelector=!tier', []],
    ['pods?fieldSelector=metadata.name%3Dweb-1,metadata.name%3Dweb-0,metadata.namespace%3Ddefault', []],
    ['nodes?fieldSelector=metadata.name%3Dgpu-1', ['gpu-1']],
    ['nodes?fieldSelector=metadata.name%3Dgpu-2', []],
  ])('%s holds %j', async (query, names) => {
    expect(await namesOf(query)).toEqual(names);
  });

  it('count nothing for a selector', async () => {
    expect((await get('pods?namespace=data')).json).toMatchObject({ total: null });
    expect((await get('pods?labelSelector=app%3Ddb')).json).toMatchObject({ total: null });
  });

  it('come page by page, each once, also where a page finds nothing', async () => {
    cluster.looksAt = 1;
    const found: string[] = [];
    let url: string | null = 'pods?labelSelector=tier&limit=2';
    let pages = 0;
    while (url !== null) {
      const { json, headers } = await get(url);
      found.push(...(json['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name));
      const link = /<\/api\/v1\/([^>]+)>; rel="next"/.exec(String(headers['link']))?.[1];
      expect(link === undefined).toBe(json['nextCursor'] === null);
      url = link ?? null;
      pages++;
    }
    expect([found, pages]).toEqual([['web-1'], 3]);
  });

  it.each([
    ['pods?labelSelector=app%3D-', '?labelSelector', 'this is not the value of a label, at character 5'],
    ['pods?fieldSelector=spec.nodeName%3Da', '?fieldSelector', expect.stringContaining('those are metadata.name and')],
    ['nodes?fieldSelector=metadata.namespace%3Da', '?fieldSelector', expect.stringContaining('no field to select by')],
    ['pods?fieldSelector=metadata.name', '?fieldSelector', expect.stringContaining('expected a field')],
    ['pods?namespace=No_Name', '?namespace', 'must be the name of a namespace'],
    ['nodes?namespace=default', '?namespace', expect.stringContaining('is not a known member')],
    ['pods?limit=501', '?limit', 'must be a whole number from 1 to 500'],
    ['pods?labelSelector=a&labelSelector=b', '?labelSelector', 'must be given once'],
    ['pods?cursor=nonsense', '?cursor', 'is not a nextCursor of this list'],
    [`pods?cursor=${Buffer.from('jobs default/a').toString('base64url')}`, '?cursor', expect.any(String)],
  ])('%s is refused', async (query, pointer, detail) => {
    const { status, json } = await get(query);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: 'validation-failed', errors: [{ pointer, detail }] });
  });

  it('are read one by one, as they are stored', async () => {
    const answer = await get('pods/data/db-0');
    expect(answer.text).toBe(aResource('Pod', 'db-0', { labels: { app: 'db' }, namespace: 'data' }).json);
    expect((await get('nodes/gpu-1')).json).toMatchObject({ kind: 'Node', metadata: { name: 'gpu-1' } });
    for (const url of ['pods/default/db-0', 'nodes/web-0', 'pods/default/..%2F..']) {
      const missing = await get(url);
      expect([missing.status, missing.json['code']]).toEqual([404, 'resource-not-found']);
    }
  });

  it('are not sent again to who has them', async () => {
    for (const url of ['pods', 'pods/data/db-0']) {
      const tag = String((await get(url)).headers['etag']);
      expect(tag).toMatch(/^W\/"/);
      expect((await get(url, { 'if-none-match': tag })).status).toBe(304);
      cluster.put(aResource('Pod', 'db-0', { namespace: 'data', status: { phase: url } }));
      expect((await get(url, { 'if-none-match': tag })).status).toBe(200);
    }
  });

  it('are stale, as of when the cluster was last followed', async () => {
    cluster.say('Pod', { isStale: true, error: 'connection refused' });
    const { status, headers } = await get('pods');
    expect([status, headers['x-data-stale'], headers['x-data-as-of']]).toEqual([
      200,
      'true',
      '2026-01-01T11:59:30.000Z',
    ]);
    expect((await get('nodes')).headers).not.toHaveProperty('x-data-stale');
  });

  it('are not there before they were read, and no list says that there are none', async () => {
    cluster.say('Pod', { asOf: null, error: 'pods is forbidden' });
    for (const url of ['pods', 'pods/data/db-0']) {
      const answer = await get(url);
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '10']);
      expect(answer.json).toMatchObject({
        code: 'kubernetes-not-loaded',
        retryable: true,
        detail: 'Pods have not been read from the cluster yet: pods is forbidden.',
      });
      expect(answer.headers).not.toHaveProperty('x-data-as-of');
    }
    expect((await get('nodes')).status).toBe(200);
    cluster.loaded = false;
    expect((await get('nodes')).json).toMatchObject({ code: 'kubernetes-not-loaded' });
  });
});
