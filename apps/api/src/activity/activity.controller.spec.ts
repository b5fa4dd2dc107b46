import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

interface Page {
  readonly events: readonly { readonly id: string; readonly type: string }[];
  readonly nextCursor: string | null;
  readonly lastEventId: string;
}

describe('GET /activity', () => {
  let api: TestApi;
  const first = anInstance({ name: 'first', status: 'failed', webhookUrl: 'https://hooks.example.com/secret' });
  const second = anInstance({ name: 'second' });

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.feed.kept.length = 0;
    api.store.instances.length = 0;
    api.store.put(second);
  });

  const read = async (query = ''): Promise<Page> =>
    (await api.send({ url: `/api/v1/activity${query}`, as: 'viewer' })).json as unknown as Page;
  const idsOf = ({ events }: Page): string[] => events.map(({ id }) => id);
  const happen = (): void => {
    api.feed.change('1-0', 'instance.created', first);
    api.feed.change('2-0', 'instance.failed', {
      ...first,
      lastError: {
        code: 'startup-timeout',
        message: 'late',
        at: first.timestamps.created,
        retryable: true,
        suggestion: '',
      },
    });
    api.feed.change('3-0', 'instance.created', second);
    api.feed.change('4-0', 'instance.removed', first);
  };

  it('is empty before anything happened, and says where the stream begins', async () => {
    expect(await read()).toEqual({ events: [], nextCursor: null, lastEventId: '0-0' });
  });

  it('lists the latest first, page by page, each with what a line about it needs', async () => {
    happen();
    const answer = await api.send({ url: '/api/v1/activity?limit=3', as: 'viewer' });
    const page = answer.json as unknown as Page;
    expect(idsOf(page)).toEqual(['4-0', '3-0', '2-0']);
    expect([page.nextCursor, page.lastEventId]).toEqual(['2-0', '4-0']);
    expect(answer.headers['link']).toBe('</api/v1/activity?limit=3&cursor=2-0>; rel="next"');
    expect(page.events[0]).toEqual({
      id: '4-0',
      type: 'instance.removed',
      at: expect.any(String),
      instanceId: first.id,
      revision: first.revision,
    });
    expect(page.events[2]).toMatchObject({
      type: 'instance.failed',
      instanceId: first.id,
      instance: {
        name: 'first',
        status: 'failed',
        desired: 'running',
        desiredBy: 'user:test',
        product: { name: 'RTX 4090 24GB' },
        gpuNum: 1,
        pricePerHour: 0.35,
        lastError: { code: 'startup-timeout', message: 'late' },
      },
    });
    expect(answer.text).not.toContain('secret');
    const last = await read('?limit=3&cursor=2-0');
    expect([idsOf(last), last.nextCursor]).toEqual([['1-0'], null]);
  });

  it.each([
    ['types=instance.created', ['3-0', '1-0']],
    ['types=sync.*', []],
    [`instance=${first.id}`, ['4-0', '2-0', '1-0']],
    [`instance=${second.id}&types=instance.created,instance.failed`, ['3-0']],
  ])('takes %s', async (query, ids) => {
    happen();
    const page = await read(`?${query}`);
    expect(idsOf(page)).toEqual(ids);
    expect([page.nextCursor, page.lastEventId]).toEqual([null, '4-0']);
  });

  it('goes on after the last that a page holds when more match', async () => {
    happen();
    const page = await read('?types=instance.created&limit=1');
    expect([idsOf(page), page.nextCursor]).toEqual([['3-0'], '3-0']);
    expect(idsOf(await read('?types=instance.created&limit=1&cursor=3-0'))).toEqual(['1-0']);
  });

  it.each(['limit=0', 'types=nothing', 'cursor=', 'instance=a,a', `instance=${first.id}&types=sync.*`])(
    'refuses %s',
    async (query) => {
      expect((await api.send({ url: `/api/v1/activity?${query}` })).status).toBe(400);
    },
  );
});
