import type { NovitaInstanceId } from '@app/instance-store';
import { anInstance } from '@app/testing';
import type { OpenAPIObject } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEYS, TestApi } from '../../test/support/test-api.js';

/** What keeps an instance running must be said by whoever uses it; a page that is open somewhere says nothing. */
describe('reading', () => {
  let api: TestApi;
  const record = anInstance({ novitaInstanceId: '5f2c8d1e9a7b4c30' as NovitaInstanceId, status: 'ready' });

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000', METRICS_PUBLIC: 'true' });
  });
  afterAll(async () => {
    await api.stop();
  });

  async function reads(): Promise<readonly { readonly path: string; readonly isStream: boolean }[]> {
    const document = (await api.send({ url: '/openapi.json', as: null })).json as unknown as OpenAPIObject;
    return Object.entries(document.paths).flatMap(([path, { get }]) => {
      if (get === undefined) return [];
      // What a cluster has is no instance, and no cluster is mirrored here.
      if (get.tags?.includes('kubernetes') === true) return [];
      // An id in these is that of no instance.
      if (path.startsWith('/api/v1/webhooks/') && path.includes('{id}')) return [];
      const isStream = JSON.stringify(get.responses).includes('text/event-stream');
      return [path, path.replace('/api/v1/', '/api/')].map((form) => ({ path: form, isStream }));
    });
  }

  /** The status of an answer of which only the beginning is read. */
  async function begin(url: string): Promise<number> {
    const answer = await api.app.inject({
      method: 'GET',
      url,
      headers: { authorization: `Bearer ${KEYS.admin}` },
      payloadAsStream: true,
    });
    answer.stream().destroy();
    return answer.statusCode;
  }

  it('counts as no use, whatever is read, by whatever id, and however fresh it is wanted', async () => {
    const routes = await reads();
    expect(routes.filter(({ path }) => path.includes('{id}')).length).toBeGreaterThanOrEqual(6);
    expect(routes.some(({ isStream }) => isStream)).toBe(true);
    const stored = api.store.put(record);
    api.store.page = { instances: [stored], total: 1, nextCursor: null };
    api.autoStop.stored = stored;
    api.commands.stored = stored;
    for (const { path, isStream } of routes) {
      for (const id of [record.id, '5f2c8d1e9a7b4c30']) {
        const url = path.replace('{id}', id).replace('{code}', 'forbidden');
        if (isStream) {
          expect([url, await begin(url)]).toEqual([url, 200]);
          continue;
        }
        for (const headers of [{}, { prefer: 'min-fresh=0' }]) {
          for (const method of ['GET', 'HEAD'] as const) {
            const { status } = await api.send({ method, url, headers, as: 'admin' });
            // A write of any kind would fail in the fake store.
            expect([method, url, status]).toEqual([method, url, 200]);
          }
        }
      }
    }
    expect(api.store.touches).toEqual([]);
    expect(new Set(api.commands.calls.map(({ command }) => command))).toEqual(new Set(['refresh']));
    expect(JSON.stringify(api.autoStop.calls)).not.toMatch(/lease|trigger/);
  });
});
