import type { NovitaInstanceId } from '@app/instance-store';
import { NovitaNetworkError } from '@app/novita-client';
import { Draining, Problem } from '@app/platform';
import { syncProblems } from '@app/sync';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { aListedInstance } from '../../test/support/fake-live-novita.js';
import { aReport } from '../../test/support/sync-fakes.js';
import { type TestAnswer, TestApi } from '../../test/support/test-api.js';

const LISTED_AT = '2026-01-01T11:59:30.000Z';
const id = (text: string): NovitaInstanceId => text as NovitaInstanceId;

describe('GET /instances/comprehensive', () => {
  let api: TestApi;
  const ours = anInstance({
    novitaInstanceId: id('a'),
    status: 'ready',
    spec: { envs: [{ key: 'TOKEN', value: 'our-secret' }] },
  });
  const lost = anInstance({ novitaInstanceId: id('b'), status: 'ready' });
  const discovered = anInstance({ novitaInstanceId: id('c'), origin: 'discovered', status: 'ready' });

  const fill = ({ store, novita }: TestApi): void => {
    const stored = [ours, lost, discovered].map((record) => store.put(record));
    store.page = { instances: stored, total: 3, nextCursor: null };
    novita.instances = [
      aListedInstance('a', { usdPerHour: 0.35, statusError: { state: 'x', message: 'two\nlines' } }),
      aListedInstance('c'),
      aListedInstance('d', { name: 'new-there' }),
    ];
  };

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    vi.restoreAllMocks();
    api.store.clear();
    api.novita.clear();
    api.syncs.clear();
    api.migration.shown.length = 0;
    fill(api);
  });

  const read = (query = '', as: 'viewer' | 'operator' = 'viewer', at = api): Promise<TestAnswer> =>
    at.send({ url: `/api/v1/instances/comprehensive${query}`, as });

  const itemsOf = ({ json }: TestAnswer): Record<string, unknown>[] =>
    (json['data'] as { instances: Record<string, unknown>[] }).instances;

  it('merges our records with what Novita lists', async () => {
    const answer = await read();
    // What it shows as reclaimed is acted on, as what any other read shows.
    expect(api.migration.shown).toEqual(['a', 'c', 'd']);
    expect(answer.status).toBe(200);
    expect(answer.headers['x-data-as-of']).toBe(LISTED_AT);
    expect(answer.json).toMatchObject({
      success: true,
      message: '4 instances shown; 1 in both, 1 only here, 2 only at Novita',
      data: {
        totalInstances: 4,
        novitaInstances: 3,
        localInstances: 2,
        mergedInstances: 1,
        localOnlyInstances: 1,
        novitaOnlyInstances: 2,
        listing: { clean: true, startedAt: LISTED_AT },
        options: { syncLocalState: false, includeNovitaOnly: true },
        duration: 0,
        timestamp: '2026-01-01T12:00:00.000Z',
      },
    });
    const [first, second, third, fourth] = itemsOf(answer);
    expect(first).toEqual({
      ...(await api.send({ url: `/api/v1/instances/${ours.id}`, as: 'viewer' })).json,
      presence: 'both',
      novita: {
        id: 'a',
        name: 'name-of-a',
        status: 'running',
        statusError: 'two lines',
        region: 'CN-HK-01',
        gpuNum: 1,
        billingMode: 'onDemand',
        pricePerHour: 0.35,
      },
    });
    expect(second).toMatchObject({ id: lost.id, presence: 'local-only' });
    expect(second).not.toHaveProperty('novita');
    expect(third).toMatchObject({
      id: discovered.id,
      origin: 'discovered',
      presence: 'novita-only',
      novita: { id: 'c' },
    });
    expect(fourth).toEqual({
      presence: 'novita-only',
      novita: expect.objectContaining({ id: 'd', name: 'new-there' }) as object,
    });
    expect(api.syncs.calls).toEqual([]);
  });

  it('leaves out what nothing here manages when asked to', async () => {
    const answer = await read('?includeNovitaOnly=false');
    expect(itemsOf(answer).map((item) => item['id'])).toEqual([ours.id, lost.id]);
    expect(answer.json['data']).toMatchObject({ totalInstances: 2, novitaOnlyInstances: 2 });
  });

  it('leaves out terminated ones that Novita does not list', async () => {
    const gone = anInstance({ novitaInstanceId: id('e'), status: 'terminated' });
    const back = anInstance({ novitaInstanceId: id('d'), status: 'terminated' });
    api.store.page = { instances: [gone, back].map((record) => api.store.put(record)), total: 2, nextCursor: null };
    const items = itemsOf(await read());
    expect(items.map((item) => [item['id'], item['presence']])).toEqual([
      [back.id, 'both'],
      [undefined, 'novita-only'],
      [undefined, 'novita-only'],
    ]);
  });

  it('is no id of an instance', async () => {
    expect((await api.send({ url: '/api/instances/comprehensive' })).json).toHaveProperty('data');
  });

  it('shows secrets of ours to operators only, and those in the listing to nobody', async () => {
    expect((await read()).text).not.toContain('secret');
    const { text } = await read('', 'operator');
    expect(text).toContain('our-secret');
    expect(text).not.toContain('secret-env');
    expect(text).not.toContain('secret-ssh');
  });

  it('says that the listing is not clean', async () => {
    api.novita.unclean = 'the total changed';
    expect((await read()).json['data']).toMatchObject({ listing: { clean: false, reason: 'the total changed' } });
  });

  it('asks Novita as one who waits, side by side, and shares the listing', async () => {
    const gate = Promise.withResolvers<void>();
    api.novita.gate = gate.promise;
    const answers = Promise.all([read(), read(), read('?includeNovitaOnly=false')]);
    await vi.waitFor(() => expect(api.novita.calls).toHaveLength(1));
    gate.resolve();
    for (const { status } of await answers) expect(status).toBe(200);
    expect(api.novita.calls).toHaveLength(1);
    expect(api.novita.calls[0]).toMatchObject({ filter: { concurrency: 4 }, options: { priority: 'interactive' } });
    await read();
    expect(api.novita.calls).toHaveLength(2);
  });

  it('joins no listing that began before its own sync had ended', async () => {
    const gate = Promise.withResolvers<void>();
    api.novita.gate = gate.promise;
    const before = read();
    await vi.waitFor(() => expect(api.novita.calls).toHaveLength(1));
    const synced = read('?syncLocalState=true', 'operator');
    await vi.waitFor(() => expect(api.novita.calls).toHaveLength(2));
    gate.resolve();
    expect([(await before).status, (await synced).status]).toEqual([200, 200]);
  });

  it('reads our records page by page', async () => {
    const list = vi.spyOn(api.fleet, 'list');
    list.mockResolvedValueOnce({ instances: [], total: 3, nextCursor: 'next', behindSince: null });
    await read();
    expect(list.mock.calls.map(([query]) => query)).toEqual([
      { limit: 200, sort: '-createdAt' },
      { limit: 200, sort: '-createdAt', cursor: 'next' },
    ]);
  });

  it.each(['there', 'here'])('refuses a fleet that is too large %s, before it is held in memory', async (where) => {
    if (where === 'there') api.novita.total = 10_001;
    else api.store.fleetSize = 10_001;
    const answer = await read();
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code: 'fleet-too-large', total: 10_001, maximum: 10_000, retryable: false });
    expect(answer.json['suggestion']).toMatch(/POST \/api\/v1\/instances\/sync.*GET \/api\/v1\/instances/);
    if (where === 'there') expect(api.novita.pagesSent).toBe(1);
  });

  it('says that Novita does not answer, to all who share the listing, and asks anew the next time', async () => {
    api.novita.failure = new NovitaNetworkError('refused', { call: 'GET /gpu/instances' });
    for (const answer of await Promise.all([read(), read()])) {
      expect([answer.status, answer.json['code']]).toEqual([502, 'network-error']);
      expect(answer.headers).not.toHaveProperty('x-data-as-of');
    }
    api.novita.failure = null;
    expect((await read()).status).toBe(200);
  });

  it('does not keep a process that ends', async () => {
    const draining = await TestApi.start();
    onTestFinished(() => draining.stop());
    fill(draining);
    const gate = Promise.withResolvers<void>();
    draining.novita.gate = gate.promise;
    const answer = read('', 'viewer', draining);
    await vi.waitFor(() => expect(draining.novita.calls).toHaveLength(1));
    draining.app.get(Draining).begin();
    gate.resolve();
    expect((await answer).json).toMatchObject({ code: 'shutting-down', retryable: true });
  });

  describe('syncLocalState', () => {
    it('brings the records in line first, joining a run under way', async () => {
      api.syncs.answer = async () => {
        expect(api.novita.calls).toEqual([]);
        return { kind: 'finished', report: aReport(), joined: true };
      };
      const answer = await read('?syncLocalState=true', 'operator');
      expect(answer.json['data']).toMatchObject({
        sync: { runId: aReport().runId, status: 'completed' },
        options: { syncLocalState: true },
      });
      expect(api.syncs.calls).toMatchObject([
        {
          options: { forceSync: false, dryRun: false, handleObsoleteInstances: true },
          wait: true,
          caller: 'the-operator',
        },
      ]);
    });

    it.each([
      [{ kind: 'running', runId: 'r1' } as const, { runId: 'r1', status: 'running' }],
      [
        { kind: 'finished', joined: false, report: aReport({ outcome: 'failed', error: 'jobs:\n500' }) } as const,
        { runId: aReport().runId, status: 'failed', error: 'jobs: 500' },
      ],
    ])('shows what there is when it did not end well', async (outcome, shown) => {
      api.syncs.answer = outcome;
      const answer = await read('?syncLocalState=true', 'operator');
      expect(answer.status).toBe(200);
      expect((answer.json['data'] as { sync: unknown }).sync).toEqual(shown);
    });

    it('hands on why no sync can be had', async () => {
      api.syncs.failure = new Problem(syncProblems['no-worker'], { detail: 'None.' });
      expect((await read('?syncLocalState=true', 'operator')).status).toBe(503);
    });

    it('needs an operator', async () => {
      const answer = await read('?syncLocalState=true');
      expect([answer.status, answer.json['code']]).toEqual([403, 'forbidden']);
      expect(api.syncs.calls).toEqual([]);
      expect((await read('?syncLocalState=false')).status).toBe(200);
    });
  });

  it.each(['?syncLocalState=yes', '?includeNovitaOnly=0', '?limit=5'])('refuses %s', async (query) => {
    expect((await read(query)).status).toBe(400);
    expect(api.novita.calls).toEqual([]);
  });
});
