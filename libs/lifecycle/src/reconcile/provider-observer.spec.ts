import {
  type NovitaInstance,
  type NovitaInstanceId,
  NovitaNotFoundError,
  NovitaUnauthorizedError,
  type Page,
} from '@app/novita-client';
import { aNovitaInstance, anInstance, FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { FakeStore } from '../../test/fakes/fake-store.js';
import { partialApi } from '../../test/fakes/partial-api.js';
import { at, NOVITA_ID, NOW } from '../../test/fakes/seen.js';
import { MarkerListing } from './marker-listing.js';
import { ProviderObserver } from './provider-observer.js';

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

async function look(
  by: Parameters<ProviderObserver['look']>[1],
  calls: Parameters<typeof partialApi>[0],
  seen = record,
  store = new FakeStore(),
) {
  const api = partialApi(calls);
  return new ProviderObserver(api, store.records, new FakeClock(NOW), new MarkerListing(api)).look(seen, by, {});
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
    const seen = await look('marker', { listInstances: listing(items) });
    expect(seen).toMatchObject({ kind: 'found', source: 'list', instance: { id: 'old' }, at: at(0) });
    expect(seen.kind === 'found' && seen.search?.matches.map((match) => match.id)).toEqual(['leaving', 'old', 'young']);
  });

  it('concludes an absence from a clean listing only', async () => {
    expect(await look('marker', { listInstances: listing([]) })).toMatchObject({ kind: 'absent', source: 'list' });
    expect(await look('marker', { listInstances: listing([], false) })).toMatchObject({
      kind: 'unclear',
      fault: { kind: 'unclean-listing' },
    });
  });

  it('keeps to the id that is known, unless the provider denies it and shows another', async () => {
    const known = anInstance({ ...record, novitaInstanceId: NOVITA_ID });
    const listInstances = listing([aNovitaInstance({ id: id('other'), name: NAME })]);
    const getInstance = () => Promise.resolve(aNovitaInstance({ id: NOVITA_ID }));
    expect(await look('both', { listInstances, getInstance }, known)).toMatchObject({
      kind: 'found',
      source: 'get',
      instance: { id: NOVITA_ID },
      search: { clean: true },
    });
    const denied = () => Promise.reject(new NovitaNotFoundError('no', { call: 'get' }));
    expect(await look('id', { getInstance: denied }, known)).toEqual({
      kind: 'absent',
      source: 'get',
      at: at(0),
      search: null,
    });
    expect(await look('both', { listInstances, getInstance: denied }, known)).toMatchObject({
      kind: 'found',
      instance: { id: 'other' },
    });
  });

  it('is unclear when the provider fails, and fails itself for anything else', async () => {
    const known = anInstance({ ...record, novitaInstanceId: NOVITA_ID });
    const unauthorized = () => Promise.reject(new NovitaUnauthorizedError('bad key', { call: 'get' }));
    expect(await look('id', { getInstance: unauthorized }, known)).toMatchObject({
      kind: 'unclear',
      fault: { kind: 'unauthorized' },
    });
    await expect(look('id', { getInstance: () => Promise.reject(new TypeError('bug')) }, known)).rejects.toThrow('bug');
  });
});
