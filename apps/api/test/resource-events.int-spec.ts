import type { AddressInfo } from 'node:net';
import { anInstance } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aResource, FakeKubernetes } from './support/fake-kubernetes.js';
import { SseReader } from './support/sse-reader.js';
import { TestApi } from './support/test-api.js';

const BOTH = '?types=instance.*,resource.*';

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 });

/** Readers of instances and resources, over real sockets: what they are sent, and that they can go on in both. */
describe('GET /events with the resources of a cluster', () => {
  const cluster = new FakeKubernetes();
  let api: TestApi;
  let url: string;
  const readers: SseReader[] = [];

  beforeAll(async () => {
    api = await TestApi.start({}, { kubernetes: cluster });
    await api.app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(api.app.getHttpServer().address() as AddressInfo).port}/api/v1/events`;
  });
  afterAll(() => api.stop());
  beforeEach(() => {
    cluster.clear();
    api.feed.kept.length = 0;
    api.feed.pushedTo = '0-0';
    api.keptFeed.trimmedTo = null;
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await until(() => {
      if (cluster.subscriptions + api.feed.subscriptions > 0) throw new Error('a reader that left is still served');
    });
  });

  async function open(query: string, lastEventId: string | null = null): Promise<SseReader> {
    const reader = await SseReader.open(url + query, lastEventId === null ? {} : { 'last-event-id': lastEventId });
    readers.push(reader);
    return reader;
  }
  const expectEvents = (reader: SseReader, expected: readonly (readonly [string | null, string])[]): Promise<void> =>
    until(() => expect(reader.events.map(({ id, event }) => [id, event])).toEqual(expected));
  const pod = (id: string, name = 'web-0') => cluster.change(id, 'resource.added', aResource('Pod', name));
  const instance = (id: string) => api.feed.change(id, 'instance.updated', anInstance());

  it('sends both under ids that name both positions', async () => {
    instance('10-0');
    pod('20-0');
    const reader = await open(BOTH);
    await expectEvents(reader, [['10-0~20-0', 'connected']]);
    pod('21-0', 'web-1');
    await expectEvents(reader, [
      ['10-0~20-0', 'connected'],
      ['10-0~21-0', 'resource.added'],
    ]);
    expect(reader.events[1]?.data).toEqual({
      id: '21-0',
      type: 'resource.added',
      at: '1970-01-01T00:00:00.021Z',
      kind: 'Pod',
      namespace: 'default',
      name: 'web-1',
      resource: JSON.parse(aResource('Pod', 'web-1').json) as unknown,
    });
    instance('11-0');
    cluster.change('22-0', 'resource.deleted', aResource('Node', 'gpu-1'));
    await until(() => expect(reader.ids.at(-1)).toBe('11-0~22-0'));
    expect(reader.events.map(({ event }) => event).toSorted()).toEqual([
      'connected',
      'instance.updated',
      'resource.added',
      'resource.deleted',
    ]);
  });

  it('sends nothing of resources to who did not ask, byte for byte as without a cluster', async () => {
    const [plain, joined] = [await open(''), await open(BOTH)];
    await until(() => expect([plain.events.length, joined.events.length]).toEqual([1, 1]));
    pod('20-0');
    instance('11-0');
    await until(() => expect([plain.events.length, joined.events.length]).toEqual([2, 3]));
    expect(plain.ids).toEqual(['0-0', '11-0']);
    const ofInstance = joined.events.find(({ event }) => event === 'instance.updated');
    expect(plain.events[1]?.data).toEqual(ofInstance?.data);
    expect(plain.text).not.toContain('~');
  });

  it('narrows resources by type, kind and namespace', async () => {
    const reader = await open('?types=resource.added&kind=Pod&namespace=data');
    await expectEvents(reader, [['0-0~0-0', 'connected']]);
    pod('20-0');
    cluster.change('21-0', 'resource.added', aResource('Service', 'a', { namespace: 'data' }));
    cluster.change('22-0', 'resource.modified', aResource('Pod', 'a', { namespace: 'data' }));
    cluster.change('23-0', 'resource.added', aResource('Pod', 'b', { namespace: 'data' }));
    await expectEvents(reader, [
      ['0-0~0-0', 'connected'],
      ['0-0~23-0', 'resource.added'],
    ]);
  });

  it('loses nothing and repeats nothing, however often a reader of both comes back', async () => {
    const wanted: string[] = [];
    const got: string[] = [];
    let last: string | null = null;
    let reader = await open(BOTH);
    const take = async (): Promise<void> => {
      await until(() => {
        const events = reader.events.filter(({ event }) => event !== 'connected');
        expect(got.length + events.length).toBeGreaterThanOrEqual(wanted.length);
      });
      got.push(...reader.events.filter(({ event }) => event !== 'connected').map(({ data }) => String(data['id'])));
      last = reader.ids.findLast((id) => id !== null) ?? last;
    };
    await until(() => expect(reader.events).toHaveLength(1));
    for (let step = 1; step <= 40; step++) {
      // Each third time the reader is away while it happens; the two kinds come in turns of uneven length.
      if (step % 3 === 0) {
        await take();
        reader.close();
      }
      const ofResource = (step * 7) % 5 < 3;
      const id = `${1_000 + step}-${ofResource ? 1 : 0}`;
      wanted.push(id);
      if (ofResource) pod(id, `web-${step}`);
      else instance(id);
      if (step % 3 === 0) reader = await open(BOTH, last);
    }
    await take();
    expect(got.toSorted()).toEqual(wanted.toSorted());
    for (const kind of ['0', '1']) {
      const ofKind = (ids: readonly string[]) => ids.filter((id) => id.endsWith(`-${kind}`));
      expect(ofKind(got)).toEqual(ofKind(wanted));
    }
  });

  it('lets a reader change over between both and instances alone', async () => {
    instance('10-0');
    pod('20-0');
    instance('11-0');
    pod('21-0', 'web-1');
    const back = await open('', '10-0~20-0');
    await expectEvents(back, [['11-0', 'instance.updated']]);
    const onward = await open(BOTH, '10-0');
    await expectEvents(onward, [['11-0~21-0', 'instance.updated']]);
    expect(onward.text).toContain('id: 10-0~21-0\n\n');
    const resources = await open('?types=resource.*', '10-0~20-0');
    await expectEvents(resources, [['10-0~21-0', 'resource.added']]);
  });

  it('has a reader begin anew with the one of both that is not kept any more', async () => {
    instance('10-0');
    pod('20-0');
    instance('11-0');
    pod('21-0', 'web-1');
    cluster.trimmedTo = '21-0';
    const reader = await open(BOTH, '10-0~20-0');
    await until(() => expect(reader.events).toHaveLength(2));
    expect(reader.events.map(({ event }) => event).toSorted()).toEqual(['instance.updated', 'resources_reset']);
    const last = reader.ids.at(-1) ?? null;
    expect(last).toBe('11-0~21-0');
    pod('22-0', 'web-2');
    await expectEvents(await open(BOTH, last), [['11-0~22-0', 'resource.added']]);
  });

  it('has no position in the instances before the list is complete', async () => {
    instance('10-0');
    pod('20-0');
    api.feed.remembers = 0;
    api.keptFeed.trimmedTo = '10-0';
    const record = anInstance();
    api.store.put(record);
    const reader = await open(BOTH, '5-0~20-0');
    await until(() => expect(reader.events.map(({ event }) => event)).toContain('list'));
    expect(reader.events.map(({ id, event }) => [id, event])).toEqual([
      [null, 'reset'],
      ['10-0~20-0', 'list'],
    ]);
    api.feed.remembers = 1_000;
  });

  it('takes an id of the far future for one that was made up', async () => {
    pod('20-0');
    const reader = await open('?types=resource.*', `0-0~${Date.parse('2100-01-01T00:00:00.000Z')}-0`);
    await expectEvents(reader, [['0-0~20-0', 'resources_reset']]);
  });
});
