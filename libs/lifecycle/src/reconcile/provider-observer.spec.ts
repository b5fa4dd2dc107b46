import { MemoryCatalogueMirror } from '@app/catalogue-mirror';
import {
  type InstancesResource,
  type NovitaInstance,
  type NovitaInstanceId,
  NovitaNotFoundError,
  NovitaUnauthorizedError,
  type Page,
} from '@app/novita-client';
import { aNovitaInstance, anInstance, FakeClock, partialNovita } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { at, NOVITA_ID, NOW } from '../../test/fakes/observations.js';
import { TestStore } from '../../test/fakes/test-store.js';
import { CatalogueCache } from '../catalogue/catalogue-cache.js';
import { MarkerListing, ProviderObserver } from './provider-observer.js';

const record = anInstance({ name: 'train', marker: '-nff1a20123456789' });
const NAME = `${record.name}${record.marker}`;
const id = (text: string) => text as NovitaInstanceId;

function listing(items: readonly NovitaInstance[], clean = true): () => AsyncIterable<Page<NovitaInstance>> {
  return async function* pages() {
    await Promise.resolve();
    const page = { total: items.length, malformed: [] };
    const verdict = { clean, reason: null, startedAt: at(0), total: items.length, distinct: items.length, pages: 2 };
    yield { ...page, items: items.slice(0, 1), index: 0, verdict: null };
    yield { ...page, items: items.slice(1), index: 1, verdict };
  };
}

async function observe(
  by: Parameters<ProviderObserver['observe']>[1],
  instances: Partial<InstancesResource>,
  target = record,
  store = new TestStore(new FakeClock(NOW)),
) {
  const novita = partialNovita({ instances });
  const clock = new FakeClock(NOW);
  const catalogue = new CatalogueCache(novita, new MemoryCatalogueMirror(() => undefined), clock);
  return new ProviderObserver(novita, store.records, clock, new MarkerListing(novita), catalogue).observe(
    target,
    by,
    {},
  );
}

describe('ProviderObserver', () => {
  it('finds the oldest of those that carry exactly the marker', async () => {
    const items = [
      aNovitaInstance({ id: id('young'), name: NAME, createdAt: at(-10) }),
      aNovitaInstance({ id: id('other'), name: `${NAME}-copy`, createdAt: at(-99) }),
      aNovitaInstance({ id: id('gone'), name: NAME, status: 'removed', createdAt: at(-98) }),
      aNovitaInstance({ id: id('leaving'), name: NAME, status: 'removing', createdAt: at(-97) }),
      aNovitaInstance({ id: id('old'), name: NAME, createdAt: at(-20) }),
    ];
    const observation = await observe('marker', { list: listing(items) });
    expect(observation).toMatchObject({ kind: 'found', source: 'list', instance: { id: 'old' }, at: at(0) });
    expect(observation.kind === 'found' && observation.search?.matches.map((match) => match.id)).toEqual([
      'leaving',
      'old',
      'young',
    ]);
  });

  it('concludes an absence from a clean listing only', async () => {
    expect(await observe('marker', { list: listing([]) })).toMatchObject({ kind: 'absent', source: 'list' });
    expect(await observe('marker', { list: listing([], false) })).toMatchObject({
      kind: 'unclear',
      error: { kind: 'unclean-listing' },
    });
  });

  it('keeps to the id that is known, unless the provider denies it and shows another', async () => {
    const known = anInstance({ ...record, novitaInstanceId: NOVITA_ID });
    const list = listing([aNovitaInstance({ id: id('other'), name: NAME })]);
    const get = () => Promise.resolve(aNovitaInstance({ id: NOVITA_ID }));
    expect(await observe('both', { list, get }, known)).toMatchObject({
      kind: 'found',
      source: 'get',
      instance: { id: NOVITA_ID },
      search: { clean: true },
    });
    const denied = () => Promise.reject(new NovitaNotFoundError('no', { call: 'get' }));
    expect(await observe('id', { get: denied }, known)).toEqual({
      kind: 'absent',
      source: 'get',
      at: at(0),
      search: null,
    });
    expect(await observe('both', { list, get: denied }, known)).toMatchObject({
      kind: 'found',
      instance: { id: 'other' },
    });
  });

  it('is unclear when the provider fails, and fails itself for anything else', async () => {
    const known = anInstance({ ...record, novitaInstanceId: NOVITA_ID });
    const unauthorized = () => Promise.reject(new NovitaUnauthorizedError('bad key', { call: 'get' }));
    expect(await observe('id', { get: unauthorized }, known)).toMatchObject({
      kind: 'unclear',
      error: { kind: 'unauthorized' },
    });
    await expect(observe('id', { get: () => Promise.reject(new TypeError('bug')) }, known)).rejects.toThrow('bug');
  });
});

const MARKER = '-nff1a20123456789';
const named = (novitaId: string, name: string, status = 'running') =>
  aNovitaInstance({ id: id(novitaId), name, status });
const WANTED = named('wanted', `train${MARKER}`);
const OTHER = named('other', 'web-nfk3v99876543210');
const FOREIGN = named('foreign', 'made-by-hand');

/** A provider that shows `all` one by one, and whose filter finds what `finds` says; `asked` has one entry a listing. */
function provider(all: readonly NovitaInstance[], finds: (name: string, filter: string) => boolean) {
  const asked: string[] = [];
  const instances: Partial<InstancesResource> = {
    async *list(filter = {}): AsyncGenerator<Page<NovitaInstance>> {
      asked.push(filter.name ?? 'all');
      const items = filter.name === undefined ? all : all.filter(({ name }) => finds(name, filter.name ?? ''));
      const total = items.length;
      const verdict = { clean: true, reason: null, startedAt: at(0), total, distinct: total, pages: total };
      for (let index = 0; index < Math.max(1, total); index += 1) {
        const part = { items: items.slice(index, index + 1), total, malformed: [], index };
        yield await Promise.resolve({ ...part, verdict: index < total - 1 ? null : verdict });
      }
    },
  };
  const markers = new MarkerListing(partialNovita({ instances }));
  const search = async () => {
    asked.length = 0;
    const ids: string[] = [];
    let isClean = false;
    for await (const page of markers.pages(MARKER, {})) {
      ids.push(...page.items.map(({ id }) => id));
      isClean = page.verdict?.clean ?? false;
    }
    expect(isClean).toBe(true);
    return { ids, asked: [...asked] };
  };
  return search;
}

const finds = (name: string, filter: string) => name.includes(filter);
/** Fuzzy in its own way: only from the beginning of a name. */
const findsByPrefix = (name: string, filter: string) => name.startsWith(filter);

describe('the listing in which a marker is searched for', () => {
  it('tries the filter once on an instance that is known to exist, then trusts it', async () => {
    const search = provider([FOREIGN, OTHER, WANTED], finds);
    expect(await search()).toEqual({ ids: ['foreign', 'wanted'], asked: ['all', '-nfk3v99876543210', MARKER] });
    expect(await search()).toEqual({ ids: ['wanted'], asked: [MARKER] });
  });

  it('lists everything where the filter does not find a marker that is there, and asks it no second time', async () => {
    const search = provider([FOREIGN, OTHER, WANTED], findsByPrefix);
    const ids = ['foreign', 'other', 'wanted'];
    expect(await search()).toEqual({ ids, asked: ['all', '-nfk3v99876543210'] });
    expect(await search()).toEqual({ ids, asked: ['all'] });
  });

  it.each([
    ['there is nothing', []],
    ['nothing carries a marker', [FOREIGN]],
    ['what carries one is on its way out', [FOREIGN, named('leaving', 'web-nfk3v99876543210', 'removing')]],
  ])('lists everything while %s', async (_, all) => {
    const search = provider(all, finds);
    expect(await search()).toEqual({ ids: all.map(({ id }) => id), asked: ['all'] });
  });

  it('is at its end when the last page proves the filter', async () => {
    const search = provider([FOREIGN, WANTED], finds);
    expect(await search()).toEqual({ ids: ['foreign', 'wanted'], asked: ['all', MARKER] });
    expect(await search()).toEqual({ ids: ['wanted'], asked: [MARKER] });
  });
});
