import { MemoryLockKeeper } from '@app/redis';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aResource } from '../../test/support/objects.js';
import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { Resource, ResourceEvent, ResourceKey } from '../model/resource.js';
import { MemoryResourceStore } from '../store/memory-resource-store.js';
import {
  KUBERNETES_LOCK,
  type MirrorHold,
  type Operation,
  ResourceStoreUnavailableError,
  type StoredResource,
  type StoreHead,
} from '../store/resource-store.js';
import { LoadedKubernetesView } from './loaded-view.js';
import { isAfterEntry } from './recent-events.js';

Logger.overrideLogger(false);

const FEED_LIMIT = 20;
const put = (name: string, resourceVersion = '1'): Operation => ({
  type: 'put',
  resource: aResource({ name, resourceVersion, uid: `uid-${name}` }),
});
const remove = (name: string): Operation => ({ type: 'remove', key: `shop/${name}` as ResourceKey });

class WaveringStore extends MemoryResourceStore {
  isAway = false;
  failsToLoad: KubernetesKind | null = null;
  interrupt: (reason: string | null) => void = () => undefined;

  override async head(): Promise<StoreHead> {
    if (this.isAway) throw new ResourceStoreUnavailableError('Redis is away');
    return super.head();
  }

  override load(kind: KubernetesKind): AsyncIterable<readonly StoredResource[]> {
    if (kind !== this.failsToLoad) return super.load(kind);
    this.failsToLoad = null;
    throw new ResourceStoreUnavailableError('Redis is away');
  }

  override watch(
    position: string,
    signal: AbortSignal,
    onInterruption: (reason: string | null) => void = () => undefined,
  ) {
    this.interrupt = onInterruption;
    return super.watch(position, signal);
  }
}

describe('the copy of the mirror in an API process', () => {
  let clock: FakeClock;
  let locks: MemoryLockKeeper;
  let store: WaveringStore;
  let hold: MirrorHold;
  let view: LoadedKubernetesView;
  let heard: ResourceEvent[];

  beforeEach(async () => {
    clock = new FakeClock();
    locks = new MemoryLockKeeper(clock);
    store = new WaveringStore(clock, locks, FEED_LIMIT);
    const claim = { owner: 't', purpose: 't', ttlMs: 1_000_000_000 };
    const answer = await locks.acquire(KUBERNETES_LOCK, claim);
    hold = answer.acquired ? { ...answer.hold, latestWrite: 0 } : expect.unreachable();
    heard = [];
    view = new LoadedKubernetesView(store, clock);
  });
  afterEach(() => view.onApplicationShutdown());

  const begin = async (): Promise<void> => {
    await view.onApplicationBootstrap();
    view.subscribe((events) => heard.push(...events));
  };
  const write = async (operations: readonly Operation[], isSilent = false): Promise<void> => {
    clock.advance(1);
    await store.write(hold, { kind: 'Pod', operations, isSilent });
  };
  /** What was written has come to the copy. */
  const settled = async (): Promise<void> => {
    await store.publish(hold, { Node: { asOf: clock.timestamp(), error: `mark ${(marks += 1)}` } });
    await vi.waitFor(() => expect(view.freshness('Node').error).toBe(`mark ${marks}`));
  };
  let marks = 0;
  const shown = (items: readonly Resource[]) => items.map(({ name, resourceVersion }) => `${name} ${resourceVersion}`);
  const all = () => shown(view.page('Pod', { namespace: null, matches: null, after: null, limit: 1_000 }).items);
  const emitted = () =>
    heard.map(({ type, resource }) => `${type.slice(9)} ${resource.name} ${resource.resourceVersion}`);

  it('reads what is stored, then follows what changes', async () => {
    await write([put('b'), put('a')]);
    expect(view.isLoaded()).toBe(false);
    await begin();
    expect([view.isLoaded(), all()]).toEqual([true, ['a 1', 'b 1']]);
    const from = view.position();
    await write([put('c'), put('a', '2'), remove('b')]);
    await settled();
    expect(all()).toEqual(['a 2', 'c 1']);
    expect(view.get('Pod', 'shop/c' as ResourceKey)?.uid).toBe('uid-c');
    expect(emitted()).toEqual(['added c 1', 'modified a 2', 'deleted b 1']);
    expect(await view.eventsAfter(from, 10)).toEqual(heard);
    expect(await view.eventsAfter(heard[1]?.id ?? '', 10)).toEqual(heard.slice(2));
    expect(await view.eventsAfter(heard[0]?.id ?? '', 1)).toEqual(heard.slice(1, 2));
    expect(view.position()).toBe(heard[2]?.id);
    expect(await view.eventsAfter('9999999999999-0', 10)).toBeNull();
  });

  it('asks the store for changes from before its beginning', async () => {
    await write([put('a'), put('b')]);
    const [first] = (await store.eventsAfter('0-0', 1)) ?? [];
    await begin();
    expect((await view.eventsAfter(first?.id ?? '', 10))?.map(({ resource }) => resource.name)).toEqual(['b']);
  });

  it('reads a kind anew that was written silently, and emits what is different', async () => {
    await write([put('a'), put('b'), put('c')]);
    await begin();
    const from = view.position();
    await write([put('a', '2'), remove('b'), put('d')], true);
    expect(all()).toEqual(['a 1', 'b 1', 'c 1']);
    await store.reloaded(hold, 'Pod');
    await settled();
    expect(all()).toEqual(['a 2', 'c 1', 'd 1']);
    expect(emitted().toSorted()).toEqual(['added d 1', 'deleted b 1', 'modified a 2']);
    // Whoever was cut off before it or among it begins anew; whoever heard the last of it has heard all.
    expect(await view.eventsAfter(from, 10)).toBeNull();
    expect(new Set(heard.map(({ id }) => id))).toEqual(new Set([view.position()]));
    expect(await view.eventsAfter(view.position(), 10)).toEqual([]);
  });

  it('emits what is different under an id after all that was emitted before, however close they are', async () => {
    await write([put('a')]);
    await begin();
    const batches: (readonly string[])[] = [['before', view.position()]];
    view.subscribe((events) => batches.push(events.map(({ id }) => id)));
    for (const version of ['2', '3']) {
      await write([put('a', version), put('b', version), put('c', version)], true);
      await store.reloaded(hold, 'Pod');
      await settled();
    }
    await write([put('d')]);
    await write([put('e'), put('f')], true);
    await store.reloaded(hold, 'Pod');
    await settled();
    const firsts = batches.map((ids) => ids.at(-1) === ids[0] || ids[0] === 'before');
    expect(firsts).toEqual(batches.map(() => true));
    const ids = batches.map((batch) => batch.at(-1) ?? '');
    expect(ids.slice(1).every((id, index) => isAfterEntry(id, ids[index] ?? ''))).toBe(true);
  });

  it('reads all anew when the feed has lost entries', async () => {
    await write([put('a')]);
    await begin();
    const from = view.position();
    for (let n = 0; n < 20; n++)
      void store.write(hold, {
        kind: 'Pod',
        operations: Array.from({ length: 20 }, (_, i) => put(`p${i}`, String(n))),
        isSilent: false,
      });
    await settled();
    expect(all()).toEqual(['a 1', ...Array.from({ length: 20 }, (_, i) => `p${i} 19`).toSorted()]);
    expect(await view.eventsAfter(from, 1_000)).toBeNull();
  });

  it('emits what is different although reading all anew broke off halfway', async () => {
    await write([put('a')]);
    await begin();
    store.failsToLoad = KUBERNETES_KINDS.at(-1) ?? expect.unreachable();
    for (let n = 0; n < 20; n++)
      void store.write(hold, {
        kind: 'Pod',
        operations: Array.from({ length: 20 }, (_, i) => put(`p${i}`, String(n))),
        isSilent: false,
      });
    await vi.waitFor(() => expect(emitted()).toHaveLength(20), { timeout: 10_000 });
    expect(store.failsToLoad).toBeNull();
    expect(emitted().toSorted()).toEqual(Array.from({ length: 20 }, (_, i) => `added p${i} 19`).toSorted());
  });

  it('says that it is stale while no worker follows the cluster, and while the store is away', async () => {
    await begin();
    const pods = () => view.freshness('Pod');
    const at = clock.timestamp();
    await store.publish(hold, { Pod: { asOf: at, error: null } });
    await vi.waitFor(() => expect(pods()).toEqual({ count: 0, asOf: at, isStale: false, error: null }));
    clock.advance(46_000);
    expect(pods()).toEqual({ count: 0, asOf: at, isStale: true, error: 'no worker follows the cluster at present' });
    await store.publish(hold, {});
    await vi.waitFor(() => expect(pods().isStale).toBe(false));
    store.interrupt('Redis cannot be reached');
    expect(pods()).toMatchObject({ asOf: at, isStale: true, error: 'Redis cannot be reached' });
    store.interrupt(null);
    await store.publish(hold, { Pod: { asOf: at, error: 'forbidden: pods' } });
    await vi.waitFor(() => expect(pods()).toMatchObject({ isStale: true, error: 'forbidden: pods' }));
  });

  it('is stale at once when it begins and nobody holds the lock', async () => {
    await locks.release(hold);
    await begin();
    expect(view.freshness('Pod')).toMatchObject({ asOf: null, isStale: true });
  });

  it('is not loaded while the store is away, and loads by itself', async () => {
    store.isAway = true;
    await write([put('a')]);
    await begin();
    expect([view.isLoaded(), all(), view.freshness('Pod').error]).toEqual([false, [], 'Redis is away']);
    store.isAway = false;
    await vi.waitFor(() => expect(view.isLoaded()).toBe(true), { timeout: 10_000 });
    expect([all(), view.freshness('Pod').error]).toEqual([['a 1'], null]);
  });

  it('is as the store after any writes, published or silent, and what it emits leads there', async () => {
    const operation = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), isRemoval: fc.boolean() });
    const step = fc.record({ operations: fc.array(operation, { maxLength: 4 }), isSilent: fc.boolean() });
    await begin();
    let version = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        for (const { operations, isSilent } of steps) {
          await write(
            operations.map(({ name, isRemoval }) => (isRemoval ? remove(name) : put(name, String((version += 1))))),
            isSilent,
          );
        }
        await store.reloaded(hold, 'Pod');
        await settled();
        const stored: Resource[] = [];
        for await (const page of store.load('Pod')) stored.push(...page.map(({ resource }) => resource));
        expect(all()).toEqual(shown(stored).toSorted());
        const followed = new Map<string, Resource>();
        for (const { type, resource } of heard) {
          if (type === 'resource.deleted') followed.delete(resource.key);
          else followed.set(resource.key, resource);
        }
        expect(shown([...followed.values()]).toSorted()).toEqual(all());
      }),
      { numRuns: 60 },
    );
  });
});
