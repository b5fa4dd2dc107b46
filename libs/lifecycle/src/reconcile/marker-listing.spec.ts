import { type NovitaInstance, type NovitaInstanceId, type Page } from '@app/novita-client';
import { aNovitaInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { partialApi } from '../../test/fakes/partial-api.js';
import { at } from '../../test/fakes/seen.js';
import { MarkerListing } from './marker-listing.js';

const MARKER = '-nff1a20123456789';
const named = (id: string, name: string, status = 'running') =>
  aNovitaInstance({ id: id as NovitaInstanceId, name, status });
const WANTED = named('wanted', `train${MARKER}`);
const OTHER = named('other', 'web-nfk3v99876543210');
const FOREIGN = named('foreign', 'made-by-hand');

/** A provider that shows `all` one by one, and whose filter finds what `finds` says; `asked` has one entry a listing. */
function provider(all: readonly NovitaInstance[], finds: (name: string, filter: string) => boolean) {
  const asked: string[] = [];
  const api = partialApi({
    async *listInstances(filter = {}): AsyncGenerator<Page<NovitaInstance>> {
      asked.push(filter.name ?? 'all');
      const items = filter.name === undefined ? all : all.filter(({ name }) => finds(name, filter.name ?? ''));
      const total = items.length;
      const verdict = { clean: true, reason: null, startedAt: at(0), total, distinct: total, pages: total };
      for (let index = 0; index < Math.max(1, total); index += 1) {
        const part = { items: items.slice(index, index + 1), total, malformed: [], index };
        yield await Promise.resolve({ ...part, verdict: index < total - 1 ? null : verdict });
      }
    },
  });
  const listing = new MarkerListing(api);
  const search = async () => {
    asked.length = 0;
    const ids: string[] = [];
    let isClean = false;
    for await (const page of listing.pages(MARKER, {})) {
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
