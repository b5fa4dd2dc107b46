import { Logger } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { anObject } from '../../test/support/objects.js';
import { groundOfEachTest } from '../../test/support/runner-ground.js';
import { KUBERNETES_KINDS } from '../model/kinds.js';
import { KUBERNETES_LOCK } from '../store/resource-store.js';

Logger.overrideLogger(false);

describe('the worker that follows a cluster', () => {
  const ground = groundOfEachTest();

  it('lets another worker take over, which lists once and writes what differs', async () => {
    const { cluster, store, start, ended, stored } = ground();
    cluster.objects.set('Pod', [anObject('a'), anObject('b')]);
    const first = start();
    await ended(1);
    start();
    await first.beforeApplicationShutdown();
    expect(cluster.open).toBe(0);
    cluster.objects.set('Pod', [anObject('b'), anObject('c')]);
    await ended(2);
    expect(await stored()).toEqual(['shop/b', 'shop/c']);
    expect(cluster.lists).toHaveLength(2 * KUBERNETES_KINDS.length);
    const events = await store.eventsAfter('0-0', 100);
    expect(events?.map(({ type, resource }) => `${type} ${resource.name}`)).toEqual([
      'resource.added a',
      'resource.added b',
      'resource.added c',
      'resource.deleted a',
    ]);
  });

  it('stops while it is paused, says so, and goes on', async () => {
    const { cluster, locks, start, ended, freshness } = ground();
    const runner = start();
    await ended(1);
    runner.pause('by user:a');
    await vi.waitFor(async () => expect(await locks.holder(KUBERNETES_LOCK)).toBeNull());
    expect([cluster.open, (await freshness())?.error]).toEqual([0, 'paused: by user:a']);
    runner.resume();
    await ended(2);
    await vi.waitFor(async () => expect((await freshness())?.error).toBeNull());
  });

  it('is paused and ended also while it waits for the way to the cluster', async () => {
    const { cluster, runs, locks, start, freshness } = ground();
    cluster.isHanging = true;
    const runner = start();
    await vi.waitFor(() => expect(runs.reported).toContain('cleanup'));
    runner.pause('by user:a');
    await vi.waitFor(async () => expect(await locks.holder(KUBERNETES_LOCK)).toBeNull());
    expect((await freshness())?.error).toBe('paused: by user:a');
    runner.resume();
    await vi.waitFor(() => expect(runs.reported.filter((line) => line === 'cleanup')).toHaveLength(2));
    await runner.beforeApplicationShutdown();
    expect(await locks.holder(KUBERNETES_LOCK)).toBeNull();
  });

  it('follows nothing until it knows that it is not paused', async () => {
    const { runs, locks, runnerOf, ended } = ground();
    const runner = runnerOf();
    runner.pause('by user:a');
    runner.onApplicationBootstrap();
    await new Promise(setImmediate);
    expect(await locks.holder(KUBERNETES_LOCK)).toBeNull();
    expect(runs.reported).toEqual([]);
    runner.resume();
    await ended(1);
  });

  it('ends a run with the pause that broke it off, and takes no orders meanwhile', async () => {
    const { cluster, runs, start, ended, freshness } = ground();
    cluster.isStuck = true;
    const runner = start();
    expect(runner.canRelist).toBe(false);
    await vi.waitFor(() => expect(cluster.open).toBe(KUBERNETES_KINDS.length));
    expect(runner.canRelist).toBe(true);
    runner.pause('by user:a');
    await ended(1);
    expect(runs.reported.at(-1)).toBe('failed: the sync was paused by user:a');
    await vi.waitFor(async () => expect((await freshness())?.error).toBe('paused: by user:a'));
    expect(runner.canRelist).toBe(false);
  });

  it('lets the first set pass that is forced while it connects', async () => {
    const { cluster, clock, start, ended, stored } = ground();
    cluster.objects.set('Pod', [anObject('a')]);
    const first = start();
    await ended(1);
    await first.beforeApplicationShutdown();
    cluster.objects.set('Pod', []);
    const connecting = Promise.withResolvers<void>();
    const connected = Promise.withResolvers<void>();
    const connect = cluster.connect.bind(cluster);
    cluster.connect = async () => {
      connecting.resolve();
      await connected.promise;
      return connect();
    };
    const runner = start();
    await connecting.promise;
    runner.relist({ kinds: ['Pod'], namespaces: [], forcedUntilMs: clock.now() + 1, requestedBy: 'user:a' });
    connected.resolve();
    await ended(2);
    expect(await stored()).toEqual([]);
  });

  it('says why it cannot connect, and tries again', async () => {
    const { cluster, runs, start, ended, freshness } = ground();
    cluster.connectError = new Error('no kubeconfig at /x');
    start();
    await ended(1);
    expect(runs.reported.at(-1)).toBe('failed: no kubeconfig at /x');
    await vi.waitFor(async () => expect((await freshness())?.error).toBe('no kubeconfig at /x'));
    cluster.connectError = null;
    await vi.waitFor(() => expect(runs.reported.at(-1)).toBe('completed'), { timeout: 20_000 });
  });
});
