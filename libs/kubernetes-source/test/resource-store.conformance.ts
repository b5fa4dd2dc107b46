import { type Timestamp } from '@app/platform';
import { type LockKeeper, LockLostError } from '@app/redis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KubernetesKind } from '../src/model/kinds.js';
import type { ResourceKey } from '../src/model/resource.js';
import {
  type FeedEntry,
  type FeedPiece,
  KUBERNETES_LOCK,
  type MirrorHold,
  type Operation,
  type ResourceStore,
  versionOf,
  WritesLostError,
} from '../src/store/resource-store.js';
import { allPages, aResource } from './support/objects.js';

export interface StoreFixture {
  readonly store: ResourceStore;
  /** The same state as another process sees it. */
  readonly other: ResourceStore;
  readonly locks: LockKeeper;
}

/** So that a few entries are more than a feed keeps. */
export const FEED_LIMIT = 100;

const put = (name: string, version = '1', uid = `uid-${name}`): Operation => ({
  type: 'put',
  resource: aResource({ name, resourceVersion: version, uid }),
});
const remove = (name: string): Operation => ({ type: 'remove', key: `shop/${name}` as ResourceKey });

/** What every store of resources does. */
export function resourceStoreConformance(make: () => Promise<StoreFixture>): void {
  let fixture: StoreFixture;
  let hold: MirrorHold;
  const end = new AbortController();

  const take = async (): Promise<MirrorHold> => {
    const claim = { owner: 'test', purpose: 'test', ttlMs: 60_000 };
    const answer = await fixture.locks.acquire(KUBERNETES_LOCK, claim);
    if (!answer.acquired) throw new Error('the lock is held');
    return { ...answer.hold, latestWrite: 0 };
  };
  beforeEach(async () => {
    fixture = await make();
    hold = await take();
  });
  afterEach(() => fixture.locks.release(hold));

  const write = async (operations: readonly Operation[], isSilent = false, kind: KubernetesKind = 'Pod') =>
    (await fixture.store.write(hold, { kind, operations, isSilent })).counts;
  const versions = async (kind: KubernetesKind = 'Pod') =>
    (await allPages(fixture.other.versions(kind))).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const loaded = async (kind: KubernetesKind = 'Pod') =>
    (await allPages(fixture.other.load(kind))).map(({ resource }) => resource);
  /** What comes until so many entries have, or the loss of some. */
  const follow = async (from: string, count: number): Promise<readonly FeedPiece[]> => {
    const pieces: FeedPiece[] = [];
    let entries = 0;
    for await (const piece of fixture.other.watch(from, end.signal, () => undefined)) {
      pieces.push(piece);
      entries += piece.type === 'entries' ? piece.entries.length : count;
      if (entries >= count) break;
    }
    return pieces;
  };
  const entriesOf = (pieces: readonly FeedPiece[]): readonly FeedEntry[] =>
    pieces.flatMap((piece) => (piece.type === 'entries' ? piece.entries : []));
  const shown = (entry: FeedEntry): string =>
    entry.type === 'change'
      ? `${entry.event.type} ${entry.event.key} ${entry.event.resource?.resourceVersion}`
      : entry.type;

  it('says of which cluster it is', async () => {
    for (const cluster of [
      { uid: 'u-1', address: 'https://k8s.test/ 0123' },
      { uid: null, address: 'https://k8s.test/ public' },
    ]) {
      await fixture.store.adopt(hold, cluster);
      expect((await fixture.other.head()).cluster).toEqual(cluster);
    }
    await fixture.locks.release(hold);
    await expect(fixture.store.adopt(hold, { uid: 'u-2', address: 'a' })).rejects.toThrow(LockLostError);
    hold = await take();
    expect((await fixture.other.head()).cluster?.uid).toBeNull();
  });

  it('begins with nothing', async () => {
    expect(await versions()).toEqual([]);
    expect(await loaded()).toEqual([]);
    expect(await fixture.other.head()).toEqual({
      position: '0-0',
      freshness: {},
      cluster: null,
      reloading: [],
      latestWrite: 0,
      isFollowed: true,
    });
    expect(await fixture.other.eventsAfter('0-0', 10)).toEqual([]);
  });

  it('gives back what was written, by kind', async () => {
    const resource = aResource({ name: 'ü', labels: { 'a/b': 'c d', __proto__x: '' }, json: '{"x":"\\n\\u0000💥"}' });
    expect(await write([{ type: 'put', resource }])).toEqual({ added: 1, modified: 0, removed: 0 });
    const node = aResource({ kind: 'Node', namespace: null, name: 'gpu-1' });
    await write([{ type: 'put', resource: node }], false, 'Node');
    expect(await loaded()).toEqual([resource]);
    expect(await loaded('Node')).toEqual([node]);
    expect(await versions()).toEqual([{ key: 'shop/ü', version: versionOf(resource) }]);
  });

  it('has an entry for each change, in order, and none for what changes nothing', async () => {
    expect(await write([put('a'), put('b'), put('a', '2')])).toEqual({ added: 2, modified: 1, removed: 0 });
    expect(await write([put('a', '2'), remove('c'), put('b')])).toEqual({ added: 0, modified: 0, removed: 0 });
    expect(await write([remove('b'), put('b', '3')])).toEqual({ added: 1, modified: 0, removed: 1 });
    const entries = entriesOf(await follow('0-0', 5));
    expect(entries.map(shown)).toEqual([
      'resource.added shop/a 1',
      'resource.added shop/b 1',
      'resource.modified shop/a 2',
      'resource.deleted shop/b 1',
      'resource.added shop/b 3',
    ]);
    expect((await fixture.other.head()).position).toBe(entries.at(-1)?.entryId);
    const [, second] = entries;
    const after = await fixture.other.eventsAfter(second?.entryId ?? '', 2);
    expect(after?.map(({ id }) => id)).toEqual(entries.slice(2, 4).map(({ entryId }) => entryId));
    expect(after?.[0]?.resource).toEqual(aResource({ name: 'a', uid: 'uid-a', resourceVersion: '2' }));
  });

  it('knows another object of the same name', async () => {
    await write([put('a', '1', 'one')]);
    expect(await write([put('a', '5', 'two')])).toEqual({ added: 1, modified: 0, removed: 1 });
    const events = await fixture.other.eventsAfter('0-0', 10);
    expect(events?.map(({ type, resource }) => [type, resource.uid])).toEqual([
      ['resource.added', 'one'],
      ['resource.deleted', 'one'],
      ['resource.added', 'two'],
    ]);
  });

  it('says by which entry each object is known', async () => {
    await write([put('a'), put('b')]);
    await write([put('c')], true);
    const stored = await allPages(fixture.other.load('Pod'));
    const events = (await fixture.other.eventsAfter('0-0', 10)) ?? [];
    const latest = events.at(-1)?.id;
    const byName = new Map(stored.map(({ resource, entryId }) => [resource.name, entryId]));
    expect([byName.get('a'), byName.get('b'), byName.get('c')]).toEqual([events[0]?.id, latest, latest]);
  });

  it('remembers silent changes until they are announced, whoever announces them', async () => {
    await write([put('a')]);
    await write([put('b'), remove('a')], true);
    await write([], true, 'Node');
    expect((await fixture.other.head()).reloading).toEqual(['Pod']);
    await fixture.locks.release(hold);
    hold = await take();
    await fixture.other.reloaded(hold, 'Pod');
    expect((await fixture.store.head()).reloading).toEqual([]);
    const entries = entriesOf(await follow('0-0', 2));
    expect(entries.map(shown)).toEqual(['resource.added shop/a 1', 'reloaded']);
    expect(await fixture.other.eventsAfter(entries[0]?.entryId ?? '', 10)).toBeNull();
    expect(await fixture.other.eventsAfter(entries[1]?.entryId ?? '', 10)).toEqual([]);
    expect((await loaded()).map(({ name }) => name)).toEqual(['b']);
  });

  it('shows how fresh each kind is, in the feed too', async () => {
    const pods = { asOf: '2026-01-01T00:00:00.000Z' as Timestamp, error: null };
    const nodes = { asOf: null, error: 'forbidden: nodes' };
    await fixture.store.publish(hold, { Pod: pods, Node: nodes });
    await fixture.store.publish(hold, {});
    expect((await fixture.other.head()).freshness).toEqual({ Pod: pods, Node: nodes });
    const later = { ...pods, error: 'held' };
    await fixture.store.publish(hold, { Pod: later });
    expect((await fixture.other.head()).freshness).toEqual({ Pod: later, Node: nodes });
    const entries = entriesOf(await follow('0-0', 3));
    expect(entries).toMatchObject([
      { type: 'freshness', freshness: { Pod: pods, Node: nodes } },
      { type: 'freshness', freshness: {} },
      { type: 'freshness', freshness: { Pod: later } },
    ]);
    expect(await fixture.other.eventsAfter('0-0', 10)).toEqual([]);
  });

  it('follows as changes come, until it is ended', async () => {
    await write([put('a')]);
    const { position } = await fixture.other.head();
    const ended = new AbortController();
    const heard: string[] = [];
    const following = (async () => {
      for await (const piece of fixture.other.watch(position, ended.signal, () => undefined)) {
        if (piece.type === 'entries') heard.push(...piece.entries.map(shown));
        if (heard.length === 2) ended.abort();
      }
    })();
    await write([put('b')]);
    await write([remove('a')]);
    await following;
    expect(heard).toEqual(['resource.added shop/b 1', 'resource.deleted shop/a 1']);
  });

  it('says that entries were lost, and goes on after them', async () => {
    await write([put('a')]);
    const { position } = await fixture.other.head();
    for (let round = 0; round < 3; round++) {
      await write(Array.from({ length: FEED_LIMIT }, (_, n) => put(`p${n}`, String(round))));
    }
    const latest = (await fixture.other.head()).position;
    expect(await follow(position, 1)).toEqual([{ type: 'lost', position: latest }]);
    expect(await fixture.other.eventsAfter(position, 10)).toBeNull();
    expect(await fixture.other.eventsAfter(latest, 10)).toEqual([]);
  });

  it.each(['', 'x', '1', '-1-0', '9999999999999-0'])('knows no change after %j', async (id) => {
    await write([put('a')]);
    expect(await fixture.other.eventsAfter(id, 10)).toBeNull();
  });

  it('writes nothing for a worker that has lost its lock', async () => {
    await write([put('a')]);
    const before = await fixture.other.head();
    const lost = hold;
    await fixture.locks.release(hold);
    expect((await fixture.other.head()).isFollowed).toBe(false);
    hold = await take();
    const { store } = fixture;
    await expect(store.write(lost, { kind: 'Pod', operations: [put('b')], isSilent: false })).rejects.toThrow(
      LockLostError,
    );
    await expect(store.write(lost, { kind: 'Pod', operations: [put('b')], isSilent: true })).rejects.toThrow(
      LockLostError,
    );
    await expect(store.reloaded(lost, 'Pod')).rejects.toThrow(LockLostError);
    await expect(store.publish(lost, { Pod: { asOf: null, error: null } })).rejects.toThrow(LockLostError);
    expect(await fixture.other.head()).toEqual(before);
    expect((await loaded()).map(({ name }) => name)).toEqual(['a']);
  });

  it('numbers every write, whatever it changes', async () => {
    const { store } = fixture;
    const batch = { kind: 'Pod', operations: [put('a')], isSilent: true } as const;
    const numbers = [
      (await store.write(hold, batch)).number,
      (await store.write(hold, batch)).number,
      (await store.reloaded(hold, 'Pod')).number,
      (await store.publish(hold, {})).number,
      (await store.adopt(hold, { uid: null, address: 'a' })).number,
    ];
    expect(numbers).toEqual([1, 2, 3, 4, 5]);
    expect((await fixture.other.head()).latestWrite).toBe(5);
    await fixture.locks.release(hold);
    hold = { ...(await take()), latestWrite: 5 };
    expect((await store.publish(hold, {})).number).toBe(6);
  });

  it('writes nothing for a worker whose latest write it does not have any more', async () => {
    await write([put('a')]);
    const before = await fixture.other.head();
    const { store } = fixture;
    const ahead = { ...hold, latestWrite: before.latestWrite + 1 };
    for (const isSilent of [false, true]) {
      const batch = { kind: 'Pod', operations: [put('b')], isSilent } as const;
      await expect(store.write(ahead, batch)).rejects.toThrow(WritesLostError);
    }
    await expect(store.reloaded(ahead, 'Pod')).rejects.toThrow(WritesLostError);
    await expect(store.publish(ahead, { Pod: { asOf: null, error: null } })).rejects.toThrow(WritesLostError);
    await expect(store.adopt(ahead, { uid: 'u', address: 'a' })).rejects.toThrow(WritesLostError);
    expect(await fixture.other.head()).toEqual(before);
    expect((await loaded()).map(({ name }) => name)).toEqual(['a']);
  });

  it('reads what is more than a page', async () => {
    const names = Array.from({ length: 1_200 }, (_, n) => `p${String(n).padStart(4, '0')}`);
    for (let from = 0; from < names.length; from += 200) {
      await write(
        names.slice(from, from + 200).map((name) => put(name)),
        true,
      );
    }
    const keys = names.map((name) => `shop/${name}`);
    expect([...new Set((await loaded()).map(({ key }) => key))].toSorted()).toEqual(keys);
    expect([...new Set((await versions()).map(({ key }) => key))].toSorted()).toEqual(keys);
  });
}
