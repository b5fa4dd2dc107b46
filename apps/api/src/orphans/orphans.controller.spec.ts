import type { NovitaInstanceId } from '@app/instance-store';
import { Problem, type Timestamp } from '@app/platform';
import { type Orphan, syncProblems } from '@app/sync';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

function orphan(id: string, change: InstanceOverrides = {}, more: Partial<Orphan> = {}): Orphan {
  const record = anInstance({
    novitaInstanceId: id as NovitaInstanceId,
    name: `name-${id}`,
    marker: '',
    origin: 'discovered',
    status: 'ready',
    novitaStatus: 'running',
    observedAt: at('11:00:00'),
    ...change,
  });
  return { stored: { record, lastUsedAt: null }, class: 'unknown', markerHeldBy: null, ...more };
}

describe('orphans', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.orphans.calls.length = 0;
    api.orphans.failure = null;
    api.fleet.queries.length = 0;
    api.sync.clear();
    api.sync.set({ instancesAsOf: at('11:00:00') });
  });

  it('are not counted before a listing of Novita has completed, and what is on record is shown', async () => {
    api.sync.clear();
    const known = orphan('a', { price: { usdPerHour: 0.1 } });
    api.orphans.described = [known];
    api.store.page = { instances: [known.stored], total: 1, nextCursor: null };
    const { json } = await api.send({ url: '/api/v1/orphans', as: 'viewer' });
    expect(json).toMatchObject({
      unknown: { code: 'first-listing-under-way', message: 'The first listing of Novita is under way.' },
      orphans: [{ novitaInstanceId: 'a' }],
      total: null,
      usdPerHour: null,
    });
  });

  it('are listed with what they cost and since when', async () => {
    const described = [
      orphan('a', { price: { usdPerHour: 0.1 }, timestamps: { created: at('08:00:00') } }),
      orphan('b', { price: { usdPerHour: 0.2 } }, { class: 'ours-lost', markerHeldBy: 'ins_1' }),
      orphan('c', { price: { usdPerHour: 5 }, status: 'stopped', missingSince: at('11:30:00') }, { class: 'foreign' }),
      orphan('d', { price: { usdPerHour: null }, ignored: { by: 'user:ci', at: at('10:00:00') } }),
    ];
    api.orphans.described = described;
    api.store.page = { instances: described.map(({ stored }) => stored), total: 9, nextCursor: 'c+1' };
    for (const { stored } of described) api.store.put(stored.record);
    api.store.put(anInstance({ novitaInstanceId: 'e' as NovitaInstanceId, status: 'ready', price: { usdPerHour: 7 } }));
    const answer = await api.send({ url: '/api/orphans?limit=4', as: 'viewer' });
    api.store.instances.length = 0;
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ total: 9, nextCursor: 'c+1', usdPerHour: 0.3, allUsdPerHour: 0.3 });
    const [first, ...rest] = answer.json['orphans'] as Record<string, unknown>[];
    expect(first).toEqual({
      novitaInstanceId: 'a',
      id: described[0]?.stored.record.id,
      name: 'name-a',
      class: 'unknown',
      status: 'ready',
      novitaStatus: 'running',
      product: { id: 'prod-rtx-4090', name: 'RTX 4090 24GB' },
      gpuNum: 1,
      region: 'CN-HK-01',
      pricePerHour: 0.1,
      since: at('08:00:00'),
    });
    expect(rest).toMatchObject([
      { class: 'ours-lost', markerHeldBy: 'ins_1' },
      { class: 'foreign', missingSince: at('11:30:00') },
      { ignoredAt: at('10:00:00'), ignoredBy: 'user:ci' },
    ]);
    expect(rest[2]).not.toHaveProperty('pricePerHour');
    expect(answer.headers['link']).toBe('</api/orphans?limit=4&cursor=c%2B1>; rel="next"');
    expect(answer.headers['x-data-as-of']).toBe(at('11:00:00'));
    expect(api.fleet.queries).toEqual([{ limit: 4, group: 'orphan', sort: '-createdAt' }]);
  });

  it('take limit, cursor and whether they were set aside', async () => {
    api.orphans.described = [];
    api.store.page = { instances: [], total: 0, nextCursor: null };
    const answer = await api.send({ url: '/api/v1/orphans?ignored=true&cursor=c0' });
    expect(answer.json).toEqual({ orphans: [], total: 0, nextCursor: null, usdPerHour: 0, allUsdPerHour: 0 });
    expect(answer.headers).not.toHaveProperty('link');
    expect(api.fleet.queries).toEqual([{ limit: 50, group: 'ignored-orphan', sort: '-createdAt', cursor: 'c0' }]);
  });

  it.each(['?limit=0', '?limit=201', '?ignored=1', '?cursor=', '?status=ready'])('refuse %s', async (query) => {
    expect((await api.send({ url: `/api/v1/orphans${query}` })).status).toBe(400);
    expect(api.orphans.calls).toEqual([]);
  });

  it.each([
    ['adopt', 200],
    ['ignore', 200],
    ['stop', 202],
  ])('%s answers the instance', async (command, status) => {
    const answer = await api.send({ method: 'POST', url: `/api/v1/orphans/abc123/${command}` });
    const { record } = api.orphans.stored;
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({
      id: record.id,
      instanceId: record.id,
      origin: 'adopted',
      message: expect.any(String) as string,
    });
    expect(answer.headers['etag']).toBe(`"${record.revision}"`);
    expect(api.orphans.calls).toEqual([{ command, id: 'abc123', by: 'the-operator' }]);
  });

  it.each(['adopt', 'ignore', 'stop'])('%s is refused to viewers, and for what is no orphan', async (command) => {
    const url = `/api/v1/orphans/abc123/${command}`;
    expect((await api.send({ method: 'POST', url, as: 'viewer' })).status).toBe(403);
    expect(api.orphans.calls).toEqual([]);
    api.orphans.failure = new Problem(syncProblems['orphan-not-found'], { detail: 'None.' });
    const missing = await api.send({ method: 'POST', url });
    expect([missing.status, missing.json['code']]).toEqual([404, 'orphan-not-found']);
    const odd = await api.send({ method: 'POST', url: `/api/v1/orphans/a%20b/${command}` });
    expect([odd.status, odd.json['code']]).toEqual([404, 'orphan-not-found']);
    expect(api.orphans.calls).toHaveLength(1);
  });

  it('are listed again by operators after they were set aside', async () => {
    const url = '/api/v1/orphans/abc123/ignore';
    expect((await api.send({ method: 'DELETE', url, as: 'viewer' })).status).toBe(403);
    const answer = await api.send({ method: 'DELETE', url });
    expect([answer.status, answer.json['message']]).toEqual([200, 'It is listed among the orphans again.']);
    expect(api.orphans.calls).toEqual([{ command: 'unignore', id: 'abc123' }]);
    expect((await api.send({ method: 'DELETE', url: '/api/v1/orphans/a%20b/ignore' })).status).toBe(404);
  });
});
