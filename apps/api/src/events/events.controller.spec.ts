import { type NovitaInstanceId, StoreUnavailableError } from '@app/instance-store';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeKubernetes } from '../../test/support/fake-kubernetes.js';
import { TestApi } from '../../test/support/test-api.js';

describe('GET /events, before the stream begins', () => {
  let api: TestApi;
  const record = anInstance({ novitaInstanceId: '5f2c8d1e9a7b4c30' as NovitaInstanceId });
  const cluster = new FakeKubernetes();

  beforeAll(async () => {
    api = await TestApi.start({}, { kubernetes: cluster });
    api.store.put(record);
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.store.failure = null;
  });

  const head = (query: string, headers: Readonly<Record<string, string>> = {}): ReturnType<TestApi['send']> =>
    api.send({ method: 'HEAD', url: `/api/v1/events${query}`, headers, as: 'viewer' });

  it.each([
    '',
    '?types=instance.ready',
    '?types=instance.*,sync.*,spend.*',
    '?types=instance.ready&types=sync.completed,%20spend.warning',
    `?instance=${record.id}`,
    '?instance=5f2c8d1e9a7b4c30',
    `?types=instance.*,sync.completed&instance=${record.id},5f2c8d1e9a7b4c30`,
    '?lastEventId=5-0',
    '?lastEventId=5-0~7-0',
    '?types=resource.*',
    '?types=resource.added,instance.*&kind=Pod,Node&namespace=default&lastEventId=5-0~7-0',
  ])('takes %j', async (query) => {
    const answer = await head(query);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(answer.text).toBe('');
    expect(api.feed.subscriptions).toBe(0);
  });

  it.each([
    ['?types=instance.redy', '?types', 'entry 1 is no type of event; the nearest is instance.ready'],
    ['?types=sync.*,instances.*', '?types', 'entry 2 is no type of event; the nearest is instance.*'],
    [
      '?types=',
      '?types',
      'entry 1 is no type of event; those are instance.*, sync.*, spend.*, webhook.* and their members',
    ],
    [
      `?types=${'x'.repeat(200)}`,
      '?types',
      'entry 1 is no type of event; those are instance.*, sync.*, spend.*, webhook.* and their members',
    ],
    [`?types=${Array.from({ length: 51 }, () => 'sync.*').join()}`, '?types', 'must be at most 50 types'],
    ['?types=*', '?types', expect.stringContaining('is no type of event') as string],
    [
      `?types=sync.*&instance=${record.id}`,
      '?types',
      'leaves nothing to come: with `instance`, only events of instances do',
    ],
    [`?instance=${Array.from({ length: 101 }, (_, i) => `x${i}`).join()}`, '?instance', 'must be at most 100 ids'],
    [`?instance=${record.id},${record.id}`, '?instance', 'must name each instance once'],
    ['?lastEventId=nonsense', '?lastEventId', 'is not the id of an event'],
    ['?lastEventId=1-0~', '?lastEventId', 'is not the id of an event'],
    ['?lastEventId=1-0~2-0~3-0', '?lastEventId', 'is not the id of an event'],
    [
      '?types=resource.addd',
      '?types',
      'entry 1 is no type of event; those of resource.* are resource.added, resource.modified, resource.deleted',
    ],
    ['?types=resource.*&kind=Secret', '?kind', expect.stringContaining('must be any of Namespace, ') as string],
    ['?kind=Pod', '?kind', 'narrows events of resources, which come with types=resource.*'],
    ['?types=instance.*&namespace=a', '?namespace', 'narrows events of resources, which come with types=resource.*'],
    ['?types=resource.*&namespace=A_b', '?namespace', 'must be the name of a namespace'],
    ['?lastEventId=1-0&lastEventId=2-0', '?lastEventId', 'must be given once'],
    ['?type=sync.*', '?type', 'is not a known member; the nearest is types'],
  ])('refuses %s', async (query, pointer, detail) => {
    const answer = await api.send({ url: `/api/v1/events${query}`, as: 'viewer' });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'validation-failed', errors: [{ pointer, detail }] });
    expect(api.feed.subscriptions).toBe(0);
  });

  it('has the header win over the query, and refuses a wrong one', async () => {
    const answer = await api.send({
      url: '/api/events?lastEventId=1-0',
      headers: { 'last-event-id': 'x' },
      as: 'viewer',
    });
    expect(answer.json).toMatchObject({ code: 'validation-failed', errors: [{ pointer: 'Last-Event-ID' }] });
    expect((await head('?lastEventId=x', { 'last-event-id': '1-0' })).status).toBe(200);
  });

  it('refuses instances that have no record, and names them', async () => {
    const unknown = anInstance().id;
    const answer = await api.send({ url: `/api/v1/events?instance=${record.id},${unknown},nv-unknown`, as: 'viewer' });
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({
      code: 'instance-not-found',
      detail: 'There is no instance with 2 of these ids.',
      errors: [
        { pointer: '?instance', detail: 'entry 2 is the id of no instance' },
        { pointer: '?instance', detail: 'entry 3 is the id of no instance' },
      ],
    });
    const malformed = await api.send({ url: '/api/v1/events?instance=no%20id', as: 'viewer' });
    expect([malformed.status, malformed.json['code']]).toEqual([404, 'instance-not-found']);
  });

  it('lets a reader that goes on name one that is gone: it is still to get the event of it', async () => {
    const gone = anInstance().id;
    expect((await head(`?instance=${gone}`)).status).toBe(404);
    expect((await head(`?instance=${gone},5f2c8d1e9a7b4c30`, { 'last-event-id': '1-0' })).status).toBe(200);
    expect((await head('?instance=nv-unknown', { 'last-event-id': '1-0' })).status).toBe(404);
  });

  it('is refused while the records cannot be read that it asks for', async () => {
    api.store.failure = new StoreUnavailableError('away');
    const answer = await api.send({ url: `/api/v1/events?instance=${record.id}`, as: 'viewer' });
    expect([answer.status, answer.json['code']]).toEqual([503, 'dependency-unavailable']);
  });

  it('has resources only where a cluster is mirrored, and once it was loaded', async () => {
    cluster.loaded = false;
    const loading = await api.send({ url: '/api/v1/events?types=resource.*', as: 'viewer' });
    expect([loading.status, loading.json['code']]).toEqual([503, 'kubernetes-not-loaded']);
    expect((await head('?types=instance.*')).status).toBe(200);
    cluster.loaded = true;
    const without = await TestApi.start();
    const off = await without.send({ url: '/api/v1/events?types=resource.*,instance.*', as: 'viewer' });
    await without.stop();
    expect([off.status, off.json['code']]).toEqual([404, 'kubernetes-off']);
  });

  it('needs a key', async () => {
    expect((await api.send({ url: '/api/v1/events', as: null })).status).toBe(401);
  });
});
