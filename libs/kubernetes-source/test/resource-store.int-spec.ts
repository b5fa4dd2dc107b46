import { SystemClock } from '@app/platform';
import { FleetKeys, IoRedisConnections, MemoryLockKeeper, RedisLockKeeper } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FencedWriter } from '../src/run/fenced-writer.js';
import { MemoryResourceStore } from '../src/store/memory-resource-store.js';
import { RedisResourceStore } from '../src/store/redis-resource-store.js';
import { KUBERNETES_LOCK, ResourceStoreUnavailableError, WritesLostError } from '../src/store/resource-store.js';
import { FEED_LIMIT, resourceStoreConformance } from './resource-store.conformance.js';
import { allPages, aResource } from './support/objects.js';

describe('the mirror in memory', () => {
  resourceStoreConformance(async () => {
    const clock = new FakeClock();
    const locks = new MemoryLockKeeper(clock);
    const store = new MemoryResourceStore(clock, locks, FEED_LIMIT);
    return { store, other: store, locks };
  });
});

describe('the mirror in Redis', () => {
  let server: RedisFixture;
  let connections: IoRedisConnections;
  let prefixes = 0;

  beforeAll(async () => {
    server = await startRedis();
    connections = new IoRedisConnections({ url: server.url, processName: 'test' });
  });
  afterAll(async () => {
    await connections.close();
    await server.stop();
  });

  const make = () => {
    const keyPrefix = `resources-${(prefixes += 1)}`;
    const open = () =>
      new RedisResourceStore(connections, new SystemClock(), { keyPrefix, feedLimit: FEED_LIMIT, blockMs: 200 });
    return { store: open(), other: open(), locks: new RedisLockKeeper(connections, keyPrefix), keyPrefix };
  };

  resourceStoreConformance(async () => make());

  const held = async () => {
    const fixture = make();
    const answer = await fixture.locks.acquire(KUBERNETES_LOCK, { owner: 't', purpose: 't', ttlMs: 60_000 });
    return { ...fixture, hold: answer.acquired ? { ...answer.hold, latestWrite: 0 } : expect.unreachable() };
  };

  it('leaves out what is damaged, and has it written anew', async () => {
    const { store, hold, keyPrefix } = await held();
    const hash = new FleetKeys(keyPrefix).kubernetesResources('Pod');
    await connections.commands.hset(hash, { 'shop/a': 'x', 'shop/b': '1-0 uid-1 1.1\n[]\n{}', 'shop/c': '' });
    expect(await allPages(store.load('Pod'))).toEqual([]);
    const stored = await allPages(store.versions('Pod'));
    expect(stored.map(({ version }) => version).toSorted()).toEqual(['', '', 'uid-1 1.1']);
    const resource = aResource({ name: 'a' });
    const operations = [
      { type: 'put', resource },
      { type: 'remove', key: aResource({ name: 'c' }).key },
    ] as const;
    expect((await store.write(hold, { kind: 'Pod', operations, isSilent: false })).counts).toEqual({
      added: 0,
      modified: 1,
      removed: 1,
    });
    expect((await allPages(store.load('Pod'))).map((one) => one.resource)).toEqual([resource]);
  });

  it('uses no key that is not declared', async () => {
    const { store, hold, keyPrefix } = await held();
    const keys = new FleetKeys(keyPrefix);
    await store.write(hold, { kind: 'Pod', operations: [{ type: 'put', resource: aResource() }], isSilent: false });
    const silent = [{ type: 'put', resource: aResource({ resourceVersion: '2' }) }] as const;
    await store.write(hold, { kind: 'Pod', operations: silent, isSilent: true });
    await store.publish(hold, { Pod: { asOf: null, error: null } });
    await store.adopt(hold, { uid: 'u', address: 'a' });
    const declared = [
      keys.kubernetesCluster,
      keys.kubernetesFeed,
      keys.kubernetesFreshness,
      keys.kubernetesReloads,
      keys.kubernetesResources('Pod'),
      keys.kubernetesWrites,
      keys.lock(KUBERNETES_LOCK),
      keys.lockFence(KUBERNETES_LOCK),
    ];
    expect((await connections.commands.keys(`${keys.hashTag}*`)).toSorted()).toEqual(declared.toSorted());
  });

  it('has one who wrote notice that the latest of it is gone, also what was written silently', async () => {
    const { store, hold, keyPrefix } = await held();
    const { commands } = connections;
    const writer = new FencedWriter(store, { hold, signal: new AbortController().signal, onLost: expect.unreachable });
    const write = (name: string) =>
      writer.write({ kind: 'Pod', operations: [{ type: 'put', resource: aResource({ name }) }], isSilent: true });
    await write('a');
    const keys = await commands.keys(`${new FleetKeys(keyPrefix).hashTag}*`);
    const dumps = await Promise.all(keys.map(async (key) => [key, await commands.dumpBuffer(key)] as const));
    await write('b');
    // As a replica that lags is promoted: all is as it was, the lock too.
    for (const [key, dump] of dumps) await commands.restore(key, 0, dump, 'REPLACE');
    const outcomes = await Promise.allSettled([write('c'), write('d'), writer.publish({})]);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual(
      Array.from({ length: 3 }, () => expect.any(WritesLostError)),
    );
    expect((await allPages(store.load('Pod'))).map(({ resource }) => resource.name)).toEqual(['a']);
  });

  it('says that it cannot be reached, and goes on following by itself', async () => {
    const { store, hold } = await held();
    const end = new AbortController();
    const interruptions: (string | null)[] = [];
    const lost: string[] = [];
    const following = (async () => {
      for await (const piece of store.watch('0-0', end.signal, (reason) => interruptions.push(reason))) {
        if (piece.type === 'lost') lost.push(piece.position);
      }
    })();
    await store.publish(hold, {});
    await expect.poll(() => interruptions).toEqual([null]);
    await server.kill();
    await expect(store.head()).rejects.toThrow(ResourceStoreUnavailableError);
    await expect(allPages(store.load('Pod'))).rejects.toThrow(ResourceStoreUnavailableError);
    await expect.poll(() => interruptions.at(-1), { timeout: 10_000 }).toMatch(/^Redis cannot be reached/);
    await server.start();
    // All that it held is gone.
    await expect.poll(() => lost, { timeout: 10_000 }).toEqual(['0-0']);
    end.abort();
    await following;
  });
});
