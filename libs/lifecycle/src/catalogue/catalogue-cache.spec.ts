import { CatalogueMirror, MemoryCatalogueMirror, MirrorUnavailableError } from '@app/catalogue-mirror';
import { type CallOptions, NovitaNetworkError, type NovitaTemplate, type Page } from '@app/novita-client';
import { FakeClock, partialNovita } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CatalogueCache } from './catalogue-cache.js';

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

describe('CatalogueCache', () => {
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

  it('is one for all processes', async () => {
    const mirror = new MemoryCatalogueMirror(() => undefined);
    const asking = new CatalogueCache(
      partialNovita({ catalogue: { registryAuths: async () => [LOGIN] } }),
      mirror,
      clock,
    );
    await asking.registryAuths();
    const reading = new CatalogueCache(partialNovita({}), mirror, clock);
    expect(await reading.registryAuths()).toEqual({ value: [LOGIN], asOf: clock.timestamp() });
  });

  it('takes every page, and an item that comes twice once', async () => {
    const template = (id: string): NovitaTemplate => ({ id }) as NovitaTemplate;
    const novita = partialNovita({
      catalogue: { templates: () => pagesOf([template('1'), template('2')], [template('2')]) },
    });
    const catalogue = new CatalogueCache(novita, new MemoryCatalogueMirror(() => undefined), clock);
    expect((await catalogue.templates()).value.map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('asks while a person waits', async () => {
    const asked: (CallOptions | undefined)[] = [];
    const registryAuths = async (options?: CallOptions) => {
      asked.push(options);
      return [LOGIN];
    };
    const mirror = new MemoryCatalogueMirror(() => undefined);
    await new CatalogueCache(partialNovita({ catalogue: { registryAuths } }), mirror, clock).registryAuths();
    expect(asked).toEqual([{ signal: expect.any(AbortSignal) as AbortSignal, priority: 'interactive' }]);
  });

  it('does without the mirror while it is away, and does not wait for it each time', async () => {
    const mirror = new AwayMirror();
    let asked = 0;
    const registryAuths = async () => {
      asked += 1;
      return [LOGIN];
    };
    const novita = partialNovita({ catalogue: { registryAuths, clusters: async () => [] } });
    const catalogue = new CatalogueCache(novita, mirror, clock);
    expect((await catalogue.registryAuths()).value).toEqual([LOGIN]);
    await catalogue.registryAuths();
    await catalogue.clusters();
    expect(asked).toBe(1);
    expect(mirror.calls).toBe(1);
    clock.advance(2_000);
    await catalogue.registryAuths();
    expect(mirror.calls).toBe(2);
    expect(asked).toBe(1);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('reports a failure of the provider as its own problem', async () => {
    const novita = partialNovita({
      catalogue: { clusters: () => Promise.reject(new NovitaNetworkError('reset', { call: 'clusters' })) },
    });
    const catalogue = new CatalogueCache(novita, new MemoryCatalogueMirror(() => undefined), clock);
    await expect(catalogue.clusters()).rejects.toMatchObject({ type: { code: 'network-error' } });
  });
});
