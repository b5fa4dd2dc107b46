import type { NovitaInstanceId } from '@app/instance-store';
import { KUBERNETES_KINDS } from '@app/kubernetes-source';
import type { Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aResource, FakeKubernetes } from '../../test/support/fake-kubernetes.js';
import { TestApi } from '../../test/support/test-api.js';

const URL = '/api/v1/kubernetes';
const asking = (gpus: number, nodeName?: string) => ({
  ...(nodeName !== undefined && { nodeName }),
  containers: [{ resources: { requests: { 'nvidia.com/gpu': String(gpus) } } }],
});
const NO_PODS = { Pending: 0, Running: 0, Succeeded: 0, Failed: 0, Unknown: 0 };

describe('GET /kubernetes', () => {
  const cluster = new FakeKubernetes();
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({}, { kubernetes: cluster });
  });
  afterAll(() => api.stop());
  beforeEach(() => {
    cluster.clear();
    cluster.put(
      aResource('Node', 'gpu-1', {
        status: { allocatable: { 'nvidia.com/gpu': '8' }, conditions: [{ type: 'Ready', status: 'True' }] },
      }),
      aResource('Node', 'gpu-2', { status: { allocatable: { 'nvidia.com/gpu': '4' } } }),
      aResource('Pod', 'a', { spec: asking(2, 'gpu-2'), status: { phase: 'Running' } }),
      aResource('Pod', 'b', { spec: asking(8, 'gpu-2'), status: { phase: 'Succeeded' } }),
      aResource('Pod', 'c', { spec: asking(1), status: { phase: 'Pending' } }),
      aResource('Pod', 'd', { spec: asking(1, 'gone'), status: { phase: 'Running' } }),
    );
    // Figures of the test before are old by now.
    api.clock.advance(60_000);
  });

  const read = async () => (await api.send({ url: URL, as: 'viewer' })).json;

  it('needs a cluster', async () => {
    const without = await TestApi.start();
    expect((await without.send({ url: URL, as: 'viewer' })).json['code']).toBe('kubernetes-off');
    await without.stop();
  });

  it('adds up pods by node and phase, and GPUs', async () => {
    const { headers, json } = await api.send({ url: URL, as: 'viewer' });
    expect(headers['x-data-as-of']).toBe('2026-01-01T11:59:30.000Z');
    expect(headers).not.toHaveProperty('x-data-stale');
    expect(json).toMatchObject({
      pods: { total: 4, unscheduled: 1, byPhase: { ...NO_PODS, Pending: 1, Running: 2, Succeeded: 1 } },
      totalNodes: 3,
      gpus: { requested: 4, unscheduled: 1, allocatable: 12, rented: null },
    });
    expect(json['nodes']).toEqual([
      {
        name: 'gpu-2',
        ready: false,
        pods: 2,
        byPhase: { ...NO_PODS, Running: 1, Succeeded: 1 },
        requestedGpus: 2,
        allocatableGpus: 4,
      },
      {
        name: 'gone',
        ready: null,
        pods: 1,
        byPhase: { ...NO_PODS, Running: 1 },
        requestedGpus: 1,
        allocatableGpus: null,
      },
      { name: 'gpu-1', ready: true, pods: 0, byPhase: NO_PODS, requestedGpus: 0, allocatableGpus: 8 },
    ]);
    expect((json['kinds'] as unknown[])[2]).toEqual({
      kind: 'Pod',
      count: 4,
      asOf: '2026-01-01T11:59:30.000Z',
      stale: false,
    });
  });

  it('says what is not known, and not that it is none', async () => {
    cluster.say('Pod', { asOf: null, error: 'pods is forbidden' });
    const { headers, json } = await api.send({ url: URL, as: 'viewer' });
    expect(headers).not.toHaveProperty('x-data-as-of');
    expect(json).toMatchObject({ pods: null, gpus: null });
    expect((json['kinds'] as unknown[])[2]).toEqual({
      kind: 'Pod',
      count: null,
      stale: false,
      error: 'pods is forbidden',
    });
  });

  it('does not count the nodes that pods name when nodes were never read', async () => {
    cluster.say('Node', { asOf: null, error: 'nodes is forbidden' });
    const json = await read();
    expect(json).toMatchObject({ totalNodes: null, gpus: { allocatable: null } });
    expect(json['nodes']).not.toEqual([]);
  });

  it('dates what it counted earlier back, and says when a kind cannot be followed', async () => {
    await read();
    const since = '2026-01-01T12:30:00.000Z' as Timestamp;
    for (const kind of KUBERNETES_KINDS) cluster.say(kind, { asOf: since });
    expect((await api.send({ url: URL, as: 'viewer' })).headers['x-data-as-of']).toBe(since);
    cluster.change('4-0', 'resource.added', aResource('Pod', 'e'));
    cluster.say('Job', { asOf: since, isStale: true, error: 'jobs are forbidden' });
    const { headers, json } = await api.send({ url: URL, as: 'viewer' });
    expect([headers['x-data-as-of'], headers['x-data-stale']]).toEqual(['2026-01-01T11:59:30.000Z', 'true']);
    expect((json['kinds'] as unknown[])[2]).toMatchObject({ count: 4, asOf: '2026-01-01T11:59:30.000Z' });
    api.clock.advance(2_000);
    const counted = await api.send({ url: URL, as: 'viewer' });
    expect(counted.headers['x-data-as-of']).toBe(since);
    expect((counted.json['kinds'] as unknown[])[2]).toMatchObject({ count: 5, asOf: since });
  });

  it('counts anew after the clock was set back', async () => {
    await read();
    cluster.change('4-1', 'resource.added', aResource('Pod', 'e'));
    api.clock.advance(-3_600_000);
    expect((await read())['pods']).toMatchObject({ total: 5 });
    api.clock.advance(3_600_000);
  });

  it('sets the GPUs that are billed here beside it, once a listing of Novita has completed', async () => {
    const record = anInstance({ status: 'ready', novitaInstanceId: '5f2c8d1e9a7b4c30' as NovitaInstanceId });
    api.store.put({ ...record, spec: { ...record.spec, gpuNum: 4 } });
    api.store.put(anInstance({ status: 'terminated' }));
    api.sync.set({ state: 'completed', step: 'done', instancesAsOf: api.clock.timestamp() });
    expect((await read())['gpus']).toMatchObject({ rented: 4 });
  });

  it('counts once for all who ask, and anew after a change at most every two seconds', async () => {
    const page = vi.spyOn(cluster, 'page');
    await Promise.all([read(), read(), read()]);
    const once = page.mock.calls.length;
    expect(once).toBe(2);
    cluster.change('5-0', 'resource.added', aResource('Pod', 'e', { status: { phase: 'Running' } }));
    expect((await read())['pods']).toMatchObject({ total: 4 });
    api.clock.advance(2_000);
    expect((await read())['pods']).toMatchObject({ total: 5 });
    api.clock.advance(5_000);
    await read();
    expect(page.mock.calls.length).toBe(2 * once);
    page.mockRestore();
  });
});
