import { type FaceKind, type KubernetesFace, type KubernetesFaceOptions, startKubernetesFace } from '@app/sandbox';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, ApiReader, type ReadBody } from './api-reader.js';

let face: KubernetesFace;
let api: ApiReader;
afterEach(() => face.close());

async function start(options: KubernetesFaceOptions = {}): Promise<void> {
  face = await startKubernetesFace(options);
  api = new ApiReader(face);
}

function put(
  name: string,
  labels: Record<string, string> = {},
  namespace = 'default',
  kind: FaceKind = 'ConfigMap',
): string {
  return String(face.apply(kind, { metadata: { name, namespace, labels } }).metadata['resourceVersion']);
}

/** What fetch says of a body that does not end as it should. */
const BROKEN = /terminated/;
const CONFIG_MAPS = '/api/v1/configmaps';
const names = ({ body }: Answer): readonly unknown[] => body.items.map(({ metadata }) => metadata.name);

describe('lists', () => {
  it('show one state over all pages, whatever changes meanwhile, and how many are still to come', async () => {
    await start();
    for (const name of ['a', 'b', 'c', 'd', 'e']) put(name);
    const first = await api.call(`${CONFIG_MAPS}?limit=2`);
    put('aa');
    face.remove('ConfigMap', 'default', 'd');
    const second = await api.call(`${CONFIG_MAPS}?limit=2&continue=${first.body.metadata.continue}`);
    const third = await api.call(`${CONFIG_MAPS}?limit=2&continue=${second.body.metadata.continue}`);
    expect([first, second, third].map(names)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect([first, second, third].map(({ body }) => body.metadata.remainingItemCount)).toEqual([3, 1, undefined]);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    expect(third.body.metadata.continue).toBeUndefined();
    expect(names(await api.call(CONFIG_MAPS))).toEqual(['a', 'aa', 'b', 'c', 'e']);
  });

  it('say their kind once, and their items do not', async () => {
    await start();
    put('a');
    const { body } = await api.call(CONFIG_MAPS);
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(Object.keys(body.items[0] ?? {})).toEqual(['metadata']);
  });

  it('refuse a page whose state was compacted away, with a token that goes on with the present', async () => {
    await start();
    for (const name of ['a', 'b', 'c', 'd']) put(name);
    const first = await api.call(`${CONFIG_MAPS}?limit=2`);
    put('bb');
    face.compact();
    const gone = await api.call(`${CONFIG_MAPS}?limit=2&continue=${first.body.metadata.continue}`);
    expect(gone).toMatchObject({ status: 410, body: { kind: 'Status', reason: 'Expired', code: 410 } });
    const rest = await api.call(`${CONFIG_MAPS}?continue=${gone.body.metadata.continue}`);
    expect(names(rest)).toEqual(['bb', 'c', 'd']);
    expect(rest.body.metadata.resourceVersion).toBe(face.resourceVersion);
  });

  it('refuse a page that is asked for too late', async () => {
    await start({ continueTtlMs: -1 });
    for (const name of ['a', 'b']) put(name);
    const first = await api.call(`${CONFIG_MAPS}?limit=1`);
    expect((await api.call(`${CONFIG_MAPS}?limit=1&continue=${first.body.metadata.continue}`)).status).toBe(410);
  });

  it('come whole from the memory of the server, and count nothing with a selector', async () => {
    await start();
    for (const name of ['a', 'b', 'c']) put(name, { odd: String(name !== 'b') });
    const whole = await api.call(`${CONFIG_MAPS}?limit=1&resourceVersion=0`);
    expect(names(whole)).toEqual(['a', 'b', 'c']);
    const selected = await api.call(`${CONFIG_MAPS}?limit=1&labelSelector=odd%3Dtrue`);
    expect(selected.body.metadata.continue).toBeTypeOf('string');
    expect(selected.body.metadata.remainingItemCount).toBeUndefined();
    const next = await api.call(`${CONFIG_MAPS}?labelSelector=odd%3Dtrue&continue=${selected.body.metadata.continue}`);
    expect(names(next)).toEqual(['c']);
  });

  it('show an exact version, and answer 504 for one that is still to come', async () => {
    await start();
    const version = put('a');
    put('b');
    expect(names(await api.call(`${CONFIG_MAPS}?resourceVersion=${version}&resourceVersionMatch=Exact`))).toEqual([
      'a',
    ]);
    expect(names(await api.call(`${CONFIG_MAPS}?resourceVersion=${version}`))).toEqual(['a', 'b']);
    expect(names(await api.call(`${CONFIG_MAPS}?resourceVersion=${version}&limit=5`))).toEqual(['a']);
    const early = await api.call(`${CONFIG_MAPS}?resourceVersion=999999`);
    expect(early).toMatchObject({
      status: 504,
      body: { reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
    });
    expect(early.headers.get('retry-after')).toBe('1');
  });

  it('show the metadata alone, or a printed table, to who asks for it', async () => {
    await start();
    face.apply('Secret', { metadata: { name: 's', namespace: 'default' }, data: { password: 'c2VjcmV0' } });
    const as = async (form: string): Promise<ReadBody> => {
      const accept = `application/json;as=${form};g=meta.k8s.io;v=v1,application/json`;
      return (await api.call('/api/v1/secrets', { headers: { accept } })).body;
    };
    const partial = await as('PartialObjectMetadataList');
    expect(partial).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: [{ kind: 'PartialObjectMetadata', metadata: { name: 's' } }],
    });
    expect(JSON.stringify(partial)).not.toContain('c2VjcmV0');
    const table = await as('Table');
    expect(table).toMatchObject({
      kind: 'Table',
      rows: [{ cells: ['s', 'Opaque', 1, expect.stringMatching(/^\d+s$/)] }],
    });
  });

  it.each([
    ['resourceVersionMatch=Exact', 422, 'resourceVersionMatch'],
    ['resourceVersionMatch=Other&resourceVersion=1', 422, 'Unsupported value'],
    ['resourceVersion=abc', 500, 'resourceVersion'],
    ['limit=many', 400, 'limit'],
    ['continue=abc', 400, 'continue'],
    ['labelSelector=a%20b', 400, 'unable to parse'],
    ['fieldSelector=spec.x%3D1', 400, 'field label not supported'],
    ['watch=true&sendInitialEvents=true', 422, 'resourceVersionMatch'],
  ])('with %s are refused', async (query, status, told) => {
    await start();
    const { body, ...answer } = await api.call(`${CONFIG_MAPS}?${query}`);
    expect(answer.status).toBe(status);
    expect(body.message).toContain(told);
  });
});

describe('watches', () => {
  it('go on from a version, see what enters and leaves their selector, and only their namespace', async () => {
    await start();
    const version = put('a', { on: 'yes' });
    const watch = await api.watch(
      `/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${version}&labelSelector=on%3Dyes`,
    );
    put('b', { on: 'no' });
    put('elsewhere', { on: 'yes' }, 'kube-system');
    put('b', { on: 'yes' });
    put('a', { on: 'yes', more: '' });
    put('a', { on: 'no' });
    face.remove('ConfigMap', 'default', 'a');
    face.remove('ConfigMap', 'default', 'b');
    expect(await watch.take(4)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED a', 'DELETED b']);
    await watch.close();
  });

  it('from no version show what is there first', async () => {
    await start();
    put('a');
    for (const from of ['', '&resourceVersion=0']) {
      const watch = await api.watch(`${CONFIG_MAPS}?watch=1${from}`);
      expect(await watch.take(1)).toEqual(['ADDED a']);
      await watch.close();
    }
  });

  it('mark the end of what was there with sendInitialEvents, and say their kind in each object', async () => {
    await start();
    put('a');
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await api.watch(`${CONFIG_MAPS}?${query}`);
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'a' } } });
    expect(await watch.next()).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        metadata: { resourceVersion: face.resourceVersion, annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    put('b');
    expect(await watch.take(1)).toEqual(['ADDED b']);
    await watch.close();
  });

  it('know no sendInitialEvents on an older server', async () => {
    await start({ watchList: false });
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    expect(await api.call(`${CONFIG_MAPS}?${query}`)).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
  });

  it('say how far they are a second before their time is over, and end in order', async () => {
    await start();
    const version = face.resourceVersion;
    const watch = await api.watch(
      `${CONFIG_MAPS}?watch=1&resourceVersion=${version}&allowWatchBookmarks=true&timeoutSeconds=1`,
    );
    expect(await watch.next()).toMatchObject({ type: 'BOOKMARK', object: { metadata: { resourceVersion: version } } });
    expect(await watch.next()).toBeNull();
    await expect.poll(() => face.openWatches(), { timeout: 60_000 }).toBe(0);
  });

  it('get a bookmark at the version of the whole cluster now and then', async () => {
    await start({ bookmarkMs: 10 });
    const watch = await api.watch(
      `${CONFIG_MAPS}?watch=1&resourceVersion=${face.resourceVersion}&allowWatchBookmarks=true`,
    );
    const version = put('n', {}, 'default', 'Service');
    await expect
      .poll(async () => (await watch.next())?.object.metadata.resourceVersion, { timeout: 60_000, interval: 0 })
      .toBe(version);
    await watch.close();
  });

  it('from a version that is forgotten are answered 200 and an ERROR', async () => {
    await start();
    const version = put('a');
    put('a');
    await face.restart();
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${version}`);
    expect(watch.response.status).toBe(200);
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { reason: 'Expired', code: 410 } });
    expect(await watch.next()).toBeNull();
    const list = await api.call(`${CONFIG_MAPS}?resourceVersion=${version}&resourceVersionMatch=Exact`);
    expect(list.status).toBe(200);
  });

  it('that are open go on over a compaction, and break at a restart', async () => {
    await start();
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${put('a')}`);
    face.compact();
    put('b');
    expect(await watch.take(1)).toEqual(['ADDED b']);
    const { url } = face;
    await face.restart();
    await expect(watch.next()).rejects.toThrow(BROKEN);
    expect(face.url).toBe(url);
    expect(names(await api.call(CONFIG_MAPS))).toEqual(['a', 'b']);
  });

  it('of a reader that is too slow end when the log has forgotten what it missed', async () => {
    await start({ historyLimit: 5 });
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${face.resourceVersion}`);
    const stall = face.fault({ effect: 'stall', kind: 'ConfigMap' });
    for (let index = 0; index < 12; index++) put('a');
    stall.lift();
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  });
});

describe('writes', () => {
  const place = '/api/v1/namespaces/default/configmaps';

  it('create, replace, patch and delete, each once, and say what is wrong', async () => {
    await start();
    const made = await api.send('POST', place, { metadata: { name: 'a' }, data: { k: 'v' } });
    expect(made).toMatchObject({
      status: 201,
      body: { kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } },
    });
    expect(await api.send('POST', place, { metadata: { name: 'a' } })).toMatchObject({
      status: 409,
      body: { reason: 'AlreadyExists' },
    });
    const outdated = { metadata: { name: 'a', resourceVersion: '1' }, data: {} };
    expect(await api.send('PUT', `${place}/a`, outdated)).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    const merge = 'application/merge-patch+json';
    const patched = await api.send('PATCH', `${place}/a`, { data: { k: null, l: 'w' } }, merge);
    expect(patched.body).toMatchObject({ data: { l: 'w' }, metadata: { uid: made.body.metadata['uid'] } });
    const again = await api.send('PATCH', `${place}/a`, { data: { l: 'w' } }, merge);
    expect(again.body.metadata.resourceVersion).toBe(patched.body.metadata.resourceVersion);
    expect(await api.call(`${place}/a`, { method: 'DELETE' })).toMatchObject({
      status: 200,
      body: { status: 'Success' },
    });
    expect(await api.call(`${place}/a`, { method: 'DELETE' })).toMatchObject({
      status: 404,
      body: { reason: 'NotFound' },
    });
  });

  it('refuse a bad name, another kind, a namespace that is not there, and a body they cannot read', async () => {
    await start();
    expect((await api.send('POST', place, { metadata: { name: 'A_b' } })).status).toBe(422);
    expect((await api.send('POST', place, { kind: 'Secret', metadata: { name: 'a' } })).status).toBe(400);
    expect((await api.send('POST', '/api/v1/namespaces/none/configmaps', { metadata: { name: 'a' } })).status).toBe(
      404,
    );
    expect((await api.send('POST', CONFIG_MAPS, { metadata: { name: 'a' } })).status).toBe(405);
    expect((await api.send('POST', place, {}, 'application/vnd.kubernetes.protobuf')).status).toBe(415);
    expect((await api.call('/api/v1/nothings')).status).toBe(404);
    expect(face.all('ConfigMap')).toEqual([]);
  });

  it('keep the status to its own path, and count generations of the spec', async () => {
    await start();
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    const spec = { replicas: 1 };
    await api.send('POST', deployments, { metadata: { name: 'd' }, spec, status: { readyReplicas: 9 } });
    const ready = await api.send('PUT', `${deployments}/d/status`, {
      metadata: { name: 'd' },
      spec: {},
      status: { readyReplicas: 1 },
    });
    expect(ready.body).toMatchObject({ spec, status: { readyReplicas: 1 }, metadata: { generation: 1 } });
    const scaled = await api.send('PUT', `${deployments}/d`, {
      metadata: { name: 'd' },
      spec: { replicas: 2 },
      status: {},
    });
    expect(scaled.body).toMatchObject({
      spec: { replicas: 2 },
      status: { readyReplicas: 1 },
      metadata: { generation: 2 },
    });
  });

  it('leave an object marked until its finalizers are gone, and empty a namespace before it goes', async () => {
    await start();
    face.apply('Namespace', { metadata: { name: 'team' } });
    face.apply('ConfigMap', { metadata: { name: 'a', namespace: 'team', finalizers: ['example.com/f'] } });
    put('b', {}, 'team');
    const path = '/api/v1/namespaces/team/configmaps/a';
    expect((await api.call(path, { method: 'DELETE' })).body.metadata).toHaveProperty('deletionTimestamp');
    await api.send('PATCH', path, [{ op: 'remove', path: '/metadata/finalizers' }], 'application/json-patch+json');
    expect(face.object('ConfigMap', 'team', 'a')).toBeNull();
    await api.call('/api/v1/namespaces/team', { method: 'DELETE' });
    expect([face.all('ConfigMap'), face.object('Namespace', null, 'team')]).toEqual([[], null]);
  });
});

describe('faults', () => {
  it.each([
    [{ effect: 'too-many-requests', retryAfterSeconds: 7 }, 429],
    [{ effect: 'internal-error' }, 500],
    [{ effect: 'version-too-large' }, 504],
    [{ effect: 'forbidden' }, 403],
    [{ effect: 'unauthorized' }, 401],
    [{ effect: 'absent' }, 404],
  ] as const)('%o answers %i as often as it shall, and only of its kind', async (effect, status) => {
    await start();
    const fault = face.fault({ ...effect, kind: 'ConfigMap', times: 1 });
    const ask = async (path: string): Promise<Response> => fetch(face.url + path);
    expect((await ask('/api/v1/pods')).status).toBe(200);
    const struck = await ask(CONFIG_MAPS);
    expect(struck.status).toBe(status);
    if (status === 429) expect(struck.headers.get('retry-after')).toBe('7');
    expect(fault.strikes).toBe(1);
    expect((await ask(CONFIG_MAPS)).status).toBe(200);
  });

  it('cut a watch and a list in the middle of a line', async () => {
    await start();
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${face.resourceVersion}`);
    face.fault({ effect: 'cut', verb: 'watch', times: 1 });
    put('a');
    await expect(watch.next()).rejects.toThrow(BROKEN);
    face.fault({ effect: 'cut', verb: 'list', times: 1 });
    await expect(api.call(CONFIG_MAPS)).rejects.toThrow(BROKEN);
    expect((await api.call(CONFIG_MAPS)).status).toBe(200);
  });

  it('send a line that is no JSON, and go on', async () => {
    await start();
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${face.resourceVersion}`);
    face.fault({ effect: 'broken-line', times: 1 });
    put('a');
    await expect(watch.next()).rejects.toThrow(SyntaxError);
    put('b');
    expect(await watch.take(1)).toEqual(['ADDED b']);
    await watch.close();
  });

  it('forget a list in its middle, and the version of a watch, in both ways', async () => {
    await start();
    for (const name of ['a', 'b', 'c']) put(name);
    const first = await api.call(`${CONFIG_MAPS}?limit=1`);
    face.fault({ effect: 'expired-continue', times: 1 });
    expect((await api.call(CONFIG_MAPS)).status).toBe(200);
    expect((await api.call(`${CONFIG_MAPS}?continue=${first.body.metadata.continue}`)).status).toBe(410);
    const from = `${CONFIG_MAPS}?watch=1&resourceVersion=${face.resourceVersion}`;
    face.fault({ effect: 'expired-watch', times: 1 });
    expect((await api.call(from)).status).toBe(410);
    face.fault({ effect: 'expired-watch-event', times: 1 });
    const watch = await api.watch(from);
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  });

  it('keep a watch silent until they are lifted', async () => {
    await start({ bookmarkMs: 5 });
    const watch = await api.watch(
      `${CONFIG_MAPS}?watch=1&resourceVersion=${face.resourceVersion}&allowWatchBookmarks=true`,
    );
    const stall = face.fault({ effect: 'stall', verb: 'watch' });
    face.fault({ effect: 'no-bookmarks' });
    put('a');
    put('b');
    stall.lift();
    const seen: string[] = [];
    while (!seen.includes('ADDED b')) seen.push(...(await watch.take(1)));
    expect(seen.filter((event) => event !== 'BOOKMARK')).toEqual(['ADDED a', 'ADDED b']);
    await watch.close();
  });
});

describe('the face', () => {
  it('lets in who shows its token, and says what was asked', async () => {
    await start({ token: 'secret' });
    expect((await api.call('/version')).status).toBe(401);
    const headers = { authorization: 'Bearer secret' };
    expect((await api.call(`${CONFIG_MAPS}?limit=5`, { headers })).status).toBe(200);
    expect(face.calls.map(({ verb, kind }) => `${verb} ${kind}`)).toEqual(['discovery null', 'list ConfigMap']);
    expect(face.calls[1]?.query).toEqual({ limit: '5' });
    face.forgetCalls();
    expect(face.calls).toEqual([]);
  });

  it('makes the same cluster from the same seed, with pods of about 8 kB and GPUs on some nodes', async () => {
    await start({ seed: 7 });
    face.seedCluster(40);
    const pods = await api.call('/api/v1/pods');
    expect(pods.body.items).toHaveLength(40);
    const size = JSON.stringify(pods.body).length / 40;
    expect(size).toBeGreaterThan(7_000);
    expect(size).toBeLessThan(9_000);
    expect(JSON.stringify(face.all('Node'))).toContain('nvidia.com/gpu');
    const uids = face.all('Pod').map(({ metadata }) => metadata['uid']);
    await face.close();
    await start({ seed: 7 });
    face.seedCluster(40);
    expect(face.all('Pod').map(({ metadata }) => metadata['uid'])).toEqual(uids);
  });
});
