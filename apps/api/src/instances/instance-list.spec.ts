import { gunzipSync } from 'node:zlib';
import { CorruptRecordError, INSTANCE_STATUSES, InvalidCursorError, type NovitaInstanceId } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Problem, type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KEYS, TestApi } from '../../test/support/test-api.js';
import { QueryReader } from '../core/http/validation.js';
import { ListInstancesQuery, toFleetQuery } from './list-instances.dto.js';

const ALL_BUT_TERMINATED = INSTANCE_STATUSES.filter((status) => status !== 'terminated');
const NOVITA_ID = '5f2c8d1e9a7b4c30' as NovitaInstanceId;
const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

describe('the list of instances', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.store.failure = null;
    api.commands.calls.length = 0;
    api.sync.clear();
  });

  const running = anInstance({
    novitaInstanceId: NOVITA_ID,
    status: 'ready',
    novitaStatus: 'running',
    observedAt: at('11:59:00'),
    confirmedAt: at('11:00:00'),
    webhookUrl: 'https://hooks.example.com/secret-path',
    spec: { envs: [{ key: 'TOKEN', value: 'secret-env' }] },
    connection: {
      ssh: { command: 'ssh root@host', password: 'secret-ssh' },
      jupyter: null,
      webTerminal: { address: 'https://terminal', username: 'root', password: 'secret-terminal' },
      portMappings: [{ port: 8080, type: 'http', endpoint: null }],
    },
  });

  describe('of a region', () => {
    const listed = async (region: string) => {
      api.fleet.queries.length = 0;
      const answer = await api.send({ url: `/api/v1/instances?region=${encodeURIComponent(region)}` });
      return { answer, asked: api.fleet.queries.map((query) => query.regions) };
    };
    beforeEach(() => {
      api.catalogue.failure = null;
      api.catalogue.allClusters = ['CN-HK-01', 'US-01 (Dallas)'].map((name, index) => ({
        id: `${index}`,
        name,
        availableGpuTypes: [],
        supportsNetworkStorage: false,
        supportsInstanceNetwork: false,
      }));
    });

    it.each(['US-01', 'us-01', 'US-01 (Dallas)', '1'])('takes %s as a create does', async (region) => {
      const { answer, asked } = await listed(region);
      expect(answer.status).toBe(200);
      expect(asked).toEqual([['US-01 (Dallas)']]);
    });

    it('leaves none out for any', async () => {
      const { answer, asked } = await listed('any');
      expect(answer.status).toBe(200);
      expect(asked).toEqual([undefined]);
    });

    it('refuses one that is not known, and names the nearest', async () => {
      const { answer, asked } = await listed('US-02');
      expect(answer.status).toBe(422);
      expect(answer.json).toMatchObject({ code: 'unknown-region', errors: [{ pointer: '?region' }] });
      expect(answer.json['nearest']).toContain('US-01 (Dallas)');
      expect(asked).toEqual([]);
    });

    it('lists them also while the regions cannot be read', async () => {
      api.catalogue.failure = new Problem(lifecycleProblems['unknown-region'], { detail: 'away' });
      const { answer, asked } = await listed('US-01 (Dallas)');
      expect(answer.status).toBe(200);
      expect(asked).toEqual([['US-01 (Dallas)']]);
    });
  });

  it('takes filters, order and cursor, and leads to the next page', async () => {
    api.store.page = { instances: [{ record: running, lastUsedAt: at('11:58:00') }], total: 7, nextCursor: 'a+b' };
    const answer = await api.send({
      url: '/api/v1/instances?limit=1&cursor=c0&status=ready,running&region=CN-HK-01&name=inst&product=4090&origin=managed&billing=spot&sort=-name',
    });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ total: 7, nextCursor: 'a+b' });
    api.store.put(running, at('11:58:00'));
    const alone = await api.send({ url: `/api/v1/instances/${running.id}` });
    expect(answer.json['instances']).toEqual([alone.json]);
    expect(alone.json).toMatchObject({ lastUsedAt: at('11:58:00'), autoStopAt: at('12:18:00') });
    expect(api.fleet.queries.at(-1)).toEqual({
      limit: 1,
      cursor: 'c0',
      statuses: ['ready', 'running'],
      regions: ['CN-HK-01'],
      name: 'inst',
      products: ['4090'],
      origins: ['managed'],
      billings: ['spot'],
      sort: '-name',
    });
    const link = String(answer.headers['link']);
    expect(link).toMatch(/^<\/api\/v1\/instances\?.*>; rel="next"$/);
    const next = new URL(link.slice(1, link.indexOf('>')), 'http://api').searchParams;
    expect(Object.fromEntries(next)).toEqual({
      limit: '1',
      cursor: 'a+b',
      status: 'ready,running',
      region: 'CN-HK-01',
      name: 'inst',
      product: '4090',
      origin: 'managed',
      billing: 'spot',
      sort: '-name',
    });
  });

  it('has one text and one tag until something on the page changes, also when it is compressed', async () => {
    const filler = anInstance({ spec: { image: 'i'.repeat(2_000) } });
    const page = (name: string, lastUsedAt: Timestamp | null) => ({
      instances: [
        { record: filler, lastUsedAt: null },
        // Of the same revision on purpose: while the store is away, two may bear one number.
        { record: name === running.name ? running : { ...running, name }, lastUsedAt },
      ],
      total: 2,
      nextCursor: null,
    });
    const read = async (headers = {}) => {
      const { rawPayload, headers: answered } = await api.app.inject({
        url: '/api/v1/instances',
        headers: { authorization: `Bearer ${KEYS.operator}`, ...headers },
      });
      return { bytes: rawPayload, tag: answered['etag'], encoding: answered['content-encoding'] };
    };
    api.store.page = page(running.name, null);
    const first = await read();
    expect(await read()).toEqual(first);
    const packed = await read({ 'accept-encoding': 'gzip' });
    expect(packed).toMatchObject({ tag: first.tag, encoding: 'gzip' });
    expect(gunzipSync(packed.bytes).equals(first.bytes)).toBe(true);
    api.store.page = page(running.name, at('11:58:00'));
    const used = await read();
    expect(used.tag).not.toBe(first.tag);
    expect(used.bytes.toString()).toContain(`"lastUsedAt":"${at('11:58:00')}"`);
    api.store.page = page('renamed', null);
    expect((await read()).bytes.toString()).toContain('"name":"renamed"');
  });

  it('has defaults, an end, and the age of the oldest data that can age', async () => {
    api.store.page = {
      instances: [
        { record: { ...running, observedAt: at('11:30:00') }, lastUsedAt: null },
        { record: { ...running, status: 'terminated', observedAt: at('01:00:00') }, lastUsedAt: null },
        { record: running, lastUsedAt: null },
      ],
      total: 3,
      nextCursor: null,
    };
    const answer = await api.send({ url: '/api/instances' });
    expect(api.fleet.queries.at(-1)).toEqual({ limit: 50, sort: '-createdAt', statuses: ALL_BUT_TERMINATED });
    expect(answer.json).toMatchObject({ total: 3, nextCursor: null });
    expect(answer.headers).not.toHaveProperty('link');
    expect(answer.headers['x-data-as-of']).toBe(at('11:30:00'));
  });

  it('says how many records are damaged, and that asking again for one does not help', async () => {
    expect((await api.send({ url: '/api/v1/instances' })).headers).not.toHaveProperty('x-unreadable-instances');
    const { id } = anInstance();
    api.fleet.damaged = [id];
    expect((await api.send({ url: '/api/v1/instances' })).headers['x-unreadable-instances']).toBe('1');
    api.fleet.damaged = [];
    api.store.failure = new CorruptRecordError(id, 'not JSON');
    const one = await api.send({ url: `/api/v1/instances/${id}` });
    expect([one.status, one.json]).toMatchObject([
      500,
      { code: 'record-unreadable', retryable: false, instanceId: id, suggestion: expect.stringContaining('Restore') },
    ]);
  });

  it.each([
    ['status=all', {}],
    ['status=terminated', { statuses: ['terminated'] }],
    [
      'status=all&search=vLLM&region=a,b&product=4090,H100&billing=spot,monthly&origin=adopted&owner=user:ci,elsewhere',
      {
        search: 'vLLM',
        regions: ['a', 'b'],
        products: ['4090', 'H100'],
        billings: ['spot', 'monthly'],
        origins: ['adopted'],
        owners: ['user:ci', 'elsewhere'],
      },
    ],
    [
      'status=all&show=idle&idleReason=due,monthly&attention=failed,missing&sort=-cost',
      { show: 'idle', idleReasons: ['due', 'monthly'], attention: ['failed', 'missing'], sort: '-cost' },
    ],
    ['idle=30', { statuses: ALL_BUT_TERMINATED, idleForMs: 1_800_000 }],
    ['idle=1.5h&status=all', { idleForMs: 5_400_000 }],
    ['idle=90s&sort=-idle&status=ready', { statuses: ['ready'], idleForMs: 90_000, sort: '-idle' }],
  ])('understands %s', async (query, expected) => {
    expect((await api.send({ url: `/api/v1/instances?${query}` })).status).toBe(200);
    expect(api.fleet.queries.at(-1)).toEqual({ limit: 50, sort: '-createdAt', ...expected });
  });

  it('says that an empty list is true now, once Novita has been listed', async () => {
    api.store.page = { instances: [], total: 0, nextCursor: null };
    expect((await api.send({ url: '/api/v1/instances' })).headers).not.toHaveProperty('x-data-as-of');
    api.sync.set({ instancesAsOf: timestampFromMs(api.clock.now()) });
    const answer = await api.send({ url: '/api/v1/instances' });
    expect(answer.json).toEqual({ instances: [], total: 0, nextCursor: null });
    expect(answer.headers['x-data-as-of']).toBe(at('12:00:00'));
  });

  it.each([
    ['limit=0', '?limit'],
    ['limit=201', '?limit'],
    ['limit=1.5', '?limit'],
    ['limit=ten', '?limit'],
    ['limit=1&limit=2', '?limit'],
    ['status=ready,lost', '?status'],
    ['status=', '?status'],
    ['name=a_b', '?name'],
    ['region=', '?region'],
    ['status=all,ready', '?status'],
    ['idle=soon', '?idle'],
    ['idle=-5m', '?idle'],
    ['idle=5m&idle=6m', '?idle'],
    ['sort=costs', '?sort'],
    ['search=', '?search'],
    ['show=everything', '?show'],
    ['idleReason=due,bored', '?idleReason'],
    ['attention=any', '?attention'],
    ['owner=a,', '?owner'],
    ['origin=stolen', '?origin'],
    ['billing=free', '?billing'],
    ['product=', '?product'],
    ['cursor=', '?cursor'],
    ['stauts=ready', '?stauts'],
  ])('refuses %s', async (query, pointer) => {
    const answer = await api.send({ url: `/api/v1/instances?${query}` });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'validation-failed', errors: [{ pointer }] });
  });

  it('refuses a cursor of another list', async () => {
    api.store.failure = new InvalidCursorError('no');
    const answer = await api.send({ url: '/api/v1/instances?cursor=abc' });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'validation-failed', errors: [{ pointer: '?cursor' }] });
  });
});

function request(url: string): FastifyRequest {
  const query = Object.fromEntries(new URL(url, 'http://api').searchParams);
  return { url, query } as unknown as FastifyRequest;
}

describe('QueryReader', () => {
  it('reads a query once, and knows it by its text', async () => {
    const meaningOf = vi.fn<typeof toFleetQuery>(toFleetQuery);
    const reader = new QueryReader(ListInstancesQuery, meaningOf);
    const first = await reader.read(request('/x?limit=5&status=ready'));
    expect(first).toEqual({ limit: 5, statuses: ['ready'], sort: '-createdAt' });
    expect(Object.isFrozen(first)).toBe(true);
    expect(reader.read(request('/y?limit=5&status=ready'))).toBe(first);
    expect(await reader.read(request('/x?limit=6'))).toMatchObject({ limit: 6 });
    expect(await reader.read(request('/x'))).toMatchObject({ limit: 50 });
    expect(meaningOf).toHaveBeenCalledTimes(3);
  });

  it('refuses a wrong one each time', async () => {
    const reader = new QueryReader(ListInstancesQuery, toFleetQuery);
    for (let i = 0; i < 2; i++) await expect(reader.read(request('/x?limit=0'))).rejects.toThrow(/limit/);
  });

  it('remembers only so many', async () => {
    const meaningOf = vi.fn<typeof toFleetQuery>(toFleetQuery);
    const reader = new QueryReader(ListInstancesQuery, meaningOf);
    for (let i = 0; i <= 500; i++) await reader.read(request(`/x?cursor=c${i}`));
    meaningOf.mockClear();
    await reader.read(request('/x?cursor=c500'));
    expect(meaningOf).not.toHaveBeenCalled();
    await reader.read(request('/x?cursor=c0'));
    expect(meaningOf).toHaveBeenCalledTimes(1);
  });
});
