import {
  type CallOptions,
  CatalogueMirror,
  MemoryCatalogueMirror,
  MirrorUnavailableError,
  NovitaNetworkError,
  type NovitaTemplate,
  type Page,
} from '@app/novita-client';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { partialApi } from '../../test/fakes/partial-api.js';
import { MirroredLists } from './mirrored-lists.js';

const LOGIN = { id: 'auth', name: 'hub', username: 'me' };

class AwayMirror extends CatalogueMirror {
  calls = 0;

  override async read(): Promise<never> {
    this.calls += 1;
    throw new MirrorUnavailableError('Redis is away');
  }

  override async write(): Promise<never> {
    this.calls += 1;
    throw new MirrorUnavailableError('Redis is away');
  }
}

async function* pagesOf(...pages: readonly (readonly NovitaTemplate[])[]): AsyncGenerator<Page<NovitaTemplate>> {
  for (const [index, items] of pages.entries()) yield { items, total: 0, malformed: [], index, verdict: null };
}

describe('MirroredLists', () => {
  const clock = new FakeClock();
  const warn = vi.fn<(message: string) => void>();

  beforeEach(() => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(warn);
    vi.spyOn(Logger.prototype, 'log').mockReturnValue();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    warn.mockReset();
  });

  it('are one for all processes', async () => {
    const mirror = new MemoryCatalogueMirror(() => undefined);
    const asking = new MirroredLists(partialApi({ listRegistryAuths: async () => [LOGIN] }), mirror, clock);
    await asking.registryAuths.read();
    const reading = new MirroredLists(partialApi({}), mirror, clock);
    expect(await reading.registryAuths.read()).toEqual({ items: [LOGIN], asOf: clock.timestamp() });
  });

  it('take every page, and what comes twice once', async () => {
    const template = (id: string): NovitaTemplate => ({ id }) as NovitaTemplate;
    const api = partialApi({ listTemplates: () => pagesOf([template('1'), template('2')], [template('2')]) });
    const lists = new MirroredLists(api, new MemoryCatalogueMirror(() => undefined), clock);
    expect((await lists.templates.read()).items.map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('ask while a person waits', async () => {
    const asked: (CallOptions | undefined)[] = [];
    const listRegistryAuths = async (options?: CallOptions) => {
      asked.push(options);
      return [LOGIN];
    };
    const mirror = new MemoryCatalogueMirror(() => undefined);
    await new MirroredLists(partialApi({ listRegistryAuths }), mirror, clock).registryAuths.read();
    expect(asked).toEqual([{ signal: expect.any(AbortSignal) as AbortSignal, priority: 'interactive' }]);
  });

  it('do without the mirror while it is away, and do not wait for it each time', async () => {
    const mirror = new AwayMirror();
    let asked = 0;
    const api = partialApi({
      listRegistryAuths: async () => {
        asked += 1;
        return [LOGIN];
      },
      listClusters: async () => [],
    });
    const lists = new MirroredLists(api, mirror, clock);
    expect((await lists.registryAuths.read()).items).toEqual([LOGIN]);
    await lists.registryAuths.read();
    await lists.clusters.read();
    expect(asked).toBe(1);
    expect(mirror.calls).toBe(1);
    clock.advance(2_000);
    await lists.registryAuths.read();
    expect(mirror.calls).toBe(2);
    expect(asked).toBe(1);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('tell a failure of the provider as its own problem', async () => {
    const api = partialApi({
      listClusters: () => Promise.reject(new NovitaNetworkError('reset', { call: 'clusters' })),
    });
    const lists = new MirroredLists(api, new MemoryCatalogueMirror(() => undefined), clock);
    await expect(lists.clusters.read()).rejects.toMatchObject({ type: { code: 'network-error' } });
  });
});
