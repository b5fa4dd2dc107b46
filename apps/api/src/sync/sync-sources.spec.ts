import { KUBERNETES_KINDS } from '@app/kubernetes-source';
import { type LockHold, MemoryLockKeeper } from '@app/redis';
import { KubernetesSync, notStarted, type RunStatus, type SourceDescription } from '@app/sync-status';
import { FakeClock, SequentialIds } from '@app/testing';
import { Global, Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const SOURCE: SourceDescription = { source: 'kubernetes', kinds: KUBERNETES_KINDS, lock: 'kubernetes' };
const ROUTES = [
  ['GET', '/api/v1/sync/status?source=kubernetes'],
  ['GET', '/api/v1/sync/history?source=kubernetes'],
  ['GET', '/api/v1/sync/events?source=kubernetes'],
  ['POST', '/api/v1/sync/pause?source=kubernetes'],
  ['POST', '/api/v1/sync/resume?source=kubernetes'],
  ['POST', '/api/v1/sync/kubernetes'],
] as const;

describe('the sync of an installation without a cluster', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(() => api.stop());

  it.each(ROUTES)('%s %s says how to turn it on', async (method, url) => {
    const answer = await api.send({ method, url });
    expect([answer.status, answer.json['code']]).toEqual([404, 'kubernetes-off']);
  });

  it('lists no sources, and takes Novita by name', async () => {
    const answer = await api.send({ url: '/api/v1/sync/status' });
    expect(answer.json).not.toHaveProperty('sources');
    expect((await api.send({ url: '/api/v1/sync/status?source=novita' })).json).toEqual(answer.json);
  });

  it('passes over whatever else a status is asked with', async () => {
    const { status, json } = await api.send({ url: '/api/v1/sync/status?source=novita&_=17&limit=x' });
    expect([status, json['status']]).toEqual([200, 'not_started']);
    const twice = await api.send({ url: '/api/v1/sync/status?source=novita&source=kubernetes' });
    expect([twice.status, twice.json['errors']]).toEqual([400, [{ pointer: '?source', detail: 'must be given once' }]]);
  });

  it.each(['status', 'history', 'events'])('%s knows no other source', async (route) => {
    const answer = await api.send({ url: `/api/v1/sync/${route}?source=nomad` });
    expect([answer.status, answer.json['errors']]).toEqual([
      400,
      [{ pointer: '?source', detail: 'must be one of novita, kubernetes' }],
    ]);
  });
});

describe('the sync with a cluster', () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1, 12));
  const locks = new MemoryLockKeeper(clock);
  const cluster = KubernetesSync.of(SOURCE, {
    connections: null,
    redis: { REDIS_KEY_PREFIX: 'test' },
    clock,
    ids: new SequentialIds(),
    locks,
  });
  let api: TestApi;
  let hold: LockHold;

  @Global()
  @Module({ providers: [{ provide: KubernetesSync, useValue: cluster }], exports: [KubernetesSync] })
  class ClusterModule {}

  const publish = async (run: Partial<RunStatus>): Promise<void> => {
    const whole = { ...notStarted(KUBERNETES_KINDS), runId: 'run-k', ...run };
    await cluster.store.publish('sync.progress', whole, hold);
    await vi.waitFor(() => expect(cluster.view.current().run).toEqual(whole));
  };

  beforeAll(async () => {
    const arrange: NonNullable<Parameters<typeof TestApi.start>[1]>['arrange'] = (module) => ({
      ...module,
      imports: [...(module.imports ?? []), ClusterModule],
    });
    api = await TestApi.start({ KUBERNETES_EXCLUDE_NAMESPACES: 'kube-system' }, { arrange });
    const answer = await locks.acquire(SOURCE.lock, { owner: 'worker', purpose: 'test', ttlMs: 3_600_000 });
    if (!answer.acquired) throw new Error('somebody holds it');
    hold = answer.hold;
  });
  afterAll(() => api.stop());

  it('is shown as that with Novita is, in its own kinds, with its headers', async () => {
    await publish({
      state: 'in_progress',
      trigger: 'startup',
      step: 'sync',
      currentResource: 'Deployment',
      startedAt: clock.timestamp(),
      resources: notStarted(KUBERNETES_KINDS).resources.map((resource, index) =>
        index < 6
          ? {
              ...resource,
              status: index === 5 ? 'failed' : 'completed',
              count: 40,
              total: 42,
              error: index === 5 ? 'forbidden in secret-ns' : null,
              namespaces: {
                largest: [{ name: 'default', count: 40, remaining: 2 }],
                others: { namespaces: 3, count: 0, remaining: null },
              },
            }
          : resource,
      ),
    });
    const { json, headers } = await api.send({ url: '/api/v1/sync/status?source=kubernetes' });
    expect(headers['x-sync-progress']).toBe('6/11');
    expect(json).toMatchObject({
      status: 'in_progress',
      step: 'sync',
      currentResource: 'Deployment',
      totalResources: 11,
      syncedResources: 6,
      startTime: clock.timestamp(),
    });
    const [first] = json['resourceStatus'] as readonly unknown[];
    expect(first).toEqual({
      name: 'Namespace',
      status: 'completed',
      count: 40,
      total: 42,
      remaining: 2,
      namespaces: [{ name: 'default', count: 40, remaining: 2 }],
      otherNamespaces: { namespaces: 3, count: 0 },
    });
    const posted = await api.send({ method: 'POST', url: '/api/v1/sync/kubernetes' });
    expect(posted.headers).toMatchObject({
      'x-sync-status': 'in_progress',
      'x-sync-progress': '6/11',
      'x-sync-current-resource': 'Deployment',
    });
    expect((await api.send({ url: '/api/v1/sync/status' })).headers['x-sync-status']).toBe('not_started');
  });

  it('names neither namespaces nor causes to those without a key', async () => {
    const { text, json } = await api.send({ url: '/api/v1/sync/status?source=kubernetes', as: null });
    expect(json['totalResources']).toBe(11);
    expect(text).not.toMatch(/default|secret-ns/);
  });

  it('stands among the sources, which a status without a source lists', async () => {
    for (const sources of [
      (await api.send({ url: '/api/v1/sync/status', as: null })).json['sources'],
      ((await api.send({ url: '/api/v1/health', as: null })).json['sync'] as { sources?: unknown }).sources,
    ]) {
      expect(sources).toMatchObject([
        { source: 'novita', status: 'not_started', totalResources: 9, syncedResources: 0 },
        { source: 'kubernetes', status: 'in_progress', currentResource: 'Deployment', totalResources: 11 },
      ]);
    }
    expect((await api.send({ url: '/api/v1/sync/status?source=kubernetes' })).json).not.toHaveProperty('sources');
  });

  it('has a history of its own, whose runs say nothing of what nobody counted', async () => {
    expect((await api.send({ url: '/api/v1/sync/history?source=kubernetes' })).json).toEqual({ runs: [], count: 0 });
    const at = clock.timestamp();
    const run = { ...notStarted(KUBERNETES_KINDS), runId: 'run-k', state: 'completed', endedAt: at } as const;
    const history = {
      runId: 'run-k',
      trigger: 'startup',
      requestedBy: 'sync',
      outcome: 'completed',
      error: null,
      startedAt: at,
      endedAt: at,
      durationMs: 0,
      changes: null,
      novitaInstances: null,
      held: false,
      resources: run.resources,
    } as const;
    await cluster.store.publish('sync.completed', run, hold, { history });
    const { json } = await api.send({ url: '/api/v1/sync/history?source=kubernetes' });
    expect(json).toMatchObject({ count: 1, runs: [{ runId: 'run-k', trigger: 'startup', failedResources: [] }] });
    expect((json['runs'] as readonly unknown[])[0]).not.toHaveProperty('changes');
    expect((await api.send({ url: '/api/v1/sync/history' })).json['count']).toBe(0);
  });

  it('is paused and resumed alone', async () => {
    const paused = await api.send({ method: 'POST', url: '/api/v1/sync/pause?source=kubernetes' });
    expect(paused.json).toMatchObject({
      totalResources: 11,
      paused: { by: expect.stringMatching(/^user:/) as string },
    });
    expect((await cluster.store.read()).paused).not.toBeNull();
    expect(api.syncs.commands).toEqual([]);
    await vi.waitFor(() => expect(cluster.view.current().paused).not.toBeNull());
    const asked = await api.send({ method: 'POST', url: '/api/v1/sync/kubernetes' });
    expect(asked.json['message']).toMatch(/paused/);
    const resumed = await api.send({ method: 'POST', url: '/api/v1/sync/resume?source=kubernetes' });
    expect(resumed.json).not.toHaveProperty('paused');
    expect((await cluster.store.read()).paused).toBeNull();
  });

  it('is asked for in part', async () => {
    const before = new Set((await cluster.relists.waiting()).map(({ id }) => id));
    const body = { kinds: ['Pod', 'Job'], namespaces: ['default'], force: true };
    const answer = await api.send({ method: 'POST', url: '/api/v1/sync/kubernetes', body });
    expect(answer.status).toBe(202);
    expect(answer.headers['location']).toBe('/api/v1/sync/status?source=kubernetes');
    const order = (await cluster.relists.waiting()).find(({ id }) => !before.has(id));
    expect(order).toMatchObject({ ...body, requestedBy: expect.stringMatching(/^user:/) as string });
    expect(answer.json['data']).toEqual({ requestId: order?.id, ...body });
  });

  it.each([
    [{ kinds: ['Secret'] }, '/kinds/0', /must be one of Namespace, Node/],
    [{ kinds: ['Pod', 'Pod'] }, '/kinds/1', /twice/],
    [{ kinds: [] }, '/kinds', /at least one/],
    [{ kinds: ['Pod', 'Node'], namespaces: ['default'] }, '/kinds/1', /in no namespace/],
    [{ namespaces: ['Default'] }, '/namespaces/0', /name of a namespace/],
    [
      { namespaces: ['default', 'kube-system'] },
      '/namespaces/1',
      /is not mirrored: KUBERNETES_EXCLUDE_NAMESPACES leaves it out/,
    ],
    [{ namespaces: [7] }, '/namespaces/0', /name of a namespace/],
    [{ force: 'yes' }, '/force', /true or false/],
    [{ kind: 'Pod' }, '/kind', /./],
  ])('is not asked for by %j', async (body, pointer, detail) => {
    const before = await cluster.relists.waiting();
    const answer = await api.send({ method: 'POST', url: '/api/v1/sync/kubernetes', body });
    expect(answer.status).toBe(400);
    expect(answer.json['errors']).toEqual([{ pointer, detail: expect.stringMatching(detail) as string }]);
    expect(await cluster.relists.waiting()).toEqual(before);
  });

  it('needs an operator to be asked for, paused or resumed', async () => {
    for (const [method, url] of ROUTES.filter(([method]) => method === 'POST')) {
      expect((await api.send({ method, url, as: 'viewer' })).status).toBe(403);
    }
  });
});
