import { Logger } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { anObject, aResource } from '../../test/support/objects.js';
import { groundOfEachTest } from '../../test/support/runner-ground.js';
import { ApiserverError } from '../client/apiserver-error.js';
import { KUBERNETES_KINDS } from '../model/kinds.js';
import { type ClusterIdentity, KUBERNETES_LOCK } from '../store/resource-store.js';

Logger.overrideLogger(false);

describe('the session of a worker with a cluster', () => {
  const ground = groundOfEachTest();

  it('reads each kind once, reports it, and publishes how fresh it is', async () => {
    const { cluster, runs, clock, start, ended, stored, freshness } = ground();
    cluster.objects.set('Pod', [anObject('a'), anObject('b')]);
    start();
    await ended(1);
    expect(runs.reported).toEqual(['began startup 11 sync', 'cleanup', 'sync', 'informer', 'done', 'completed']);
    expect([await stored(), cluster.lists.toSorted()]).toEqual([
      ['shop/a', 'shop/b'],
      [...KUBERNETES_KINDS].toSorted(),
    ]);
    expect(runs.kinds.get('Pod')).toMatchObject({ status: 'completed', count: 2, total: 2, error: null });
    await vi.waitFor(async () => expect(await freshness()).toEqual({ asOf: clock.timestamp(), error: null }));
    await cluster.sinks.get('Pod')?.apply([{ type: 'ADDED', object: anObject('c') }]);
    expect(await stored()).toContain('shop/c');
  });

  it('shows a forbidden kind as failed, and reads it when it may', async () => {
    const { cluster, runs, start, ended, freshness } = ground();
    cluster.forbidden.add('Ingress');
    const runner = start();
    await ended(1);
    expect(runs.reported.at(-1)).toBe('completed');
    expect(runs.kinds.get('Ingress')).toMatchObject({ status: 'failed', error: 'forbidden: RBAC says no' });
    expect(runs.kinds.get('Pod')?.status).toBe('completed');
    await vi.waitFor(async () =>
      expect(await freshness('Ingress')).toEqual({ asOf: null, error: 'forbidden: RBAC says no' }),
    );
    cluster.forbidden.clear();
    runner.relist({ kinds: ['Ingress'], namespaces: [], forcedUntilMs: null, requestedBy: 'user:a' });
    await ended(2);
    expect(runs.kinds.get('Ingress')?.status).toBe('completed');
    expect(runs.reported).toContain('began manual 1 user:a');
  });

  it('fails its run when no kind may be read', async () => {
    const { cluster, runs, start, ended } = ground();
    for (const kind of KUBERNETES_KINDS) cluster.forbidden.add(kind);
    start();
    await ended(1);
    expect(runs.reported.at(-1)).toBe('failed: no kind may be read: forbidden: RBAC says no');
  });

  it('takes a kind for one that the cluster lacks once another was read', async () => {
    const { cluster, runs, clock, start, ended, freshness } = ground();
    cluster.absent.add('Namespace');
    start();
    await ended(1);
    expect(runs.reported.at(-1)).toBe('completed');
    expect(runs.kinds.get('Namespace')).toMatchObject({ status: 'completed', note: 'the cluster has no such kind' });
    await vi.waitFor(async () =>
      expect(await freshness('Namespace')).toEqual({ asOf: clock.timestamp(), error: null }),
    );
  });

  it('believes no 404 of what has never answered as an apiserver', async () => {
    const { cluster, runs, clock, start, ended, freshness } = ground();
    for (const kind of KUBERNETES_KINDS) cluster.absent.add(kind);
    start();
    await vi.waitFor(async () =>
      expect(await freshness('Job')).toEqual({ asOf: null, error: 'absent: 404 page not found' }),
    );
    clock.advance(30_000);
    await ended(1);
    expect(runs.reported.at(-1)).toMatch(/^failed: Namespace: absent: 404 page not found; /);
  });

  it('reads anew what is asked for, by kind and namespace', async () => {
    const { cluster, start, ended } = ground();
    const runner = start({ included: ['shop', 'ml'], excluded: [] });
    await ended(1);
    cluster.lists.length = 0;
    const request = { forcedUntilMs: null, requestedBy: 'user:a' } as const;
    const relist = runner.relist({ ...request, kinds: ['Pod', 'Node'], namespaces: ['ml'] });
    await ended(2);
    expect(await relist?.isRead).toBe(true);
    expect(cluster.lists).toEqual(['Pod ml']);
    expect(runner.relist({ ...request, kinds: [], namespaces: ['elsewhere'] })).toBeNull();
  });

  it('says that a set is held, and lets it pass when it is forced', async () => {
    const { cluster, runs, clock, start, ended, stored, freshness } = ground();
    cluster.objects.set('Pod', [anObject('a')]);
    const runner = start();
    await ended(1);
    cluster.objects.set('Pod', []);
    const request = { kinds: ['Pod'], namespaces: [], requestedBy: 'user:a' } as const;
    runner.relist({ ...request, forcedUntilMs: null });
    await ended(2);
    expect([await stored(), runs.kinds.get('Pod')?.note]).toEqual([
      ['shop/a'],
      'held: the cluster lists none, and 1 are stored',
    ]);
    await vi.waitFor(async () => expect((await freshness())?.error).toMatch(/^held: /));
    const held = {
      since: clock.timestamp(),
      reason: 'Pod: the cluster lists none, and 1 are stored',
      wouldRemove: 1,
    };
    expect(runs.details).toMatchObject([
      { held: null, changes: { created: 1, removed: 0 } },
      { held, changes: { created: 0, leftMissing: 1 } },
    ]);
    runner.relist({ ...request, kinds: ['Node'], forcedUntilMs: clock.now() + 1 });
    await ended(3);
    expect(runs.details.at(-1)).toMatchObject({ held });
    runner.relist({ ...request, forcedUntilMs: clock.now() + 1 });
    await ended(4);
    expect(await stored()).toEqual([]);
    expect(runs.details.at(-1)).toMatchObject({ held: null, changes: { removed: 1, leftMissing: 0 } });
  });

  it('compares a set that is held with another one after ten minutes', async () => {
    const { cluster, runs, store, clock, start, ended, stored } = ground();
    cluster.objects.set('Pod', [anObject('a')]);
    const runner = start();
    await ended(1);
    cluster.objects.set('Pod', []);
    runner.relist({ kinds: ['Pod'], namespaces: [], forcedUntilMs: null, requestedBy: 'user:a' });
    await ended(2);
    const { length } = cluster.lists;
    clock.advance(599_000);
    // The worker has looked at it since then.
    const { position } = await store.head();
    await vi.waitFor(async () => expect((await store.head()).position).not.toBe(position));
    expect([cluster.lists.length, await stored()]).toEqual([length, ['shop/a']]);
    clock.advance(1_000);
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
    expect(cluster.lists).toHaveLength(length + 1);
    // Nobody asked for that set, and still it is reported that nothing is held any more.
    await ended(3);
    expect(runs.details.map(({ held }) => held === null)).toEqual([true, false, true]);
  });

  it('says of what was asked for that it was not read when it ends before', async () => {
    const { cluster, clock, start, ended } = ground();
    const runner = start();
    await ended(1);
    cluster.isStuck = true;
    const relist = runner.relist({
      kinds: ['Pod'],
      namespaces: [],
      forcedUntilMs: clock.now() + 1,
      requestedBy: 'user:a',
    });
    runner.pause('by user:a');
    expect(await relist?.isRead).toBe(false);
  });

  it('waits for no kind that cannot be read when it is asked for everything', async () => {
    const { cluster, clock, start, ended } = ground();
    cluster.forbidden.add('Ingress');
    const runner = start();
    await ended(1);
    const relist = runner.relist({
      kinds: [],
      namespaces: [],
      forcedUntilMs: clock.now() + 1,
      requestedBy: 'user:a',
    });
    expect(await relist?.isRead).toBe(true);
  });

  it('removes what is stored of another cluster before it reads one, and says so', async () => {
    const { cluster, runs, store, start, ended, stored, freshness } = ground();
    cluster.objects.set('Pod', [anObject('a'), anObject('b')]);
    const first = start();
    await ended(1);
    // It is published some moments after the run has ended.
    const known = await vi.waitFor(async () => {
      const published = await freshness();
      expect(published?.asOf).toEqual(expect.any(String));
      return published;
    });
    await first.beforeApplicationShutdown();
    cluster.identity = { ...cluster.identity, uid: 'two' };
    cluster.objects.set('Pod', [anObject('a', '1', { uid: 'another' })]);
    cluster.isStuck = true;
    const second = start();
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
    // Nothing is known of it before it was read.
    await vi.waitFor(async () => expect(await freshness()).not.toEqual(known));
    expect(await freshness()).toEqual({ asOf: null, error: null });
    cluster.isStuck = false;
    second.relist({ kinds: [], namespaces: [], forcedUntilMs: null, requestedBy: 'user:a' });
    await ended(2);
    expect(await stored()).toEqual(['shop/a']);
    expect(runs.kinds.get('Pod')?.note).toMatch(/another one than before/);
    expect(runs.details.at(-1)?.changes).toMatchObject({ created: 1, removed: 2 });
    expect((await store.head()).cluster).toEqual(cluster.identity);
  });

  it.each<[string, Partial<ClusterIdentity>]>([
    ['whose address has changed', { address: 'https://moved.test/ public' }],
    ['that does not say who it is any more', { uid: null }],
  ])('goes on with a cluster %s', async (_what, change) => {
    const { cluster, store, start, ended } = ground();
    cluster.objects.set('Pod', [anObject('a')]);
    const first = start();
    await ended(1);
    await first.beforeApplicationShutdown();
    cluster.identity = { ...cluster.identity, ...change };
    start();
    await ended(2);
    expect((await store.eventsAfter('0-0', 10))?.map(({ type }) => type)).toEqual(['resource.added']);
    expect((await store.head()).cluster).toEqual({ ...cluster.identity, uid: 'one' });
  });

  it.each<[string, string | null]>([
    ['was known before', 'one'],
    ['may never be read', null],
  ])('keeps what is stored when the address changes and the uid, which %s, cannot be known', async (_what, uid) => {
    const { cluster, runs, store, start, ended, stored } = ground();
    cluster.objects.set('Pod', [anObject('a')]);
    cluster.identity = { ...cluster.identity, uid };
    const first = start();
    await ended(1);
    await first.beforeApplicationShutdown();
    cluster.identity = { uid: null, address: 'https://k8s.test/ rotated' };
    cluster.objects.set('Pod', []);
    const second = start();
    await ended(2);
    expect([await stored(), (await store.head()).cluster]).toEqual([['shop/a'], { ...cluster.identity, uid }]);
    expect(runs.kinds.get('Pod')?.note).toMatch(/^held: the cluster lists none/);
    expect(runs.kinds.get('Node')?.note).toMatch(/does not say which one it is/);
    await second.beforeApplicationShutdown();
    // What it says later counts: only then is it certain.
    cluster.identity = { ...cluster.identity, uid: 'two' };
    start();
    await ended(3);
    expect(await stored()).toEqual(uid === null ? ['shop/a'] : []);
  });

  it('reads nothing while the cluster does not say who it is, and shows why', async () => {
    const { cluster, runs, start, freshness } = ground();
    cluster.identityError = new ApiserverError('unauthorized', '401 who are you');
    const runner = start();
    await vi.waitFor(async () => expect((await freshness())?.error).toBe('unauthorized: 401 who are you'));
    expect([cluster.lists, runner.canRelist]).toEqual([[], false]);
    cluster.identityError = null;
    await vi.waitFor(() => expect(runs.reported.at(-1)).toBe('completed'), { timeout: 20_000 });
  });

  it('has followers read a kind anew once, however many of its namespaces are read', async () => {
    const { cluster, store, start, ended } = ground();
    const objects = ['shop', 'ml', 'ci'].flatMap((namespace) =>
      Array.from({ length: 250 }, (_, n) => anObject(`p${n}`, '1', { namespace })),
    );
    cluster.objects.set('Pod', objects);
    const reloaded = vi.spyOn(store, 'reloaded');
    const runner = start({ included: ['shop', 'ml', 'ci'], excluded: [] });
    await ended(1);
    expect(reloaded.mock.calls.map(([, kind]) => kind)).toEqual(['Pod']);
    cluster.objects.set(
      'Pod',
      objects.map(({ metadata }) => anObject(metadata.name, '2', { namespace: metadata.namespace })),
    );
    runner.relist({ kinds: ['Pod'], namespaces: [], forcedUntilMs: null, requestedBy: 'user:a' });
    await ended(2);
    expect(reloaded).toHaveBeenCalledTimes(2);
  });

  it('takes out of the mirror what is in no namespace of the selection any more', async () => {
    const { cluster, store, locks, start, ended, stored } = ground();
    const answer = await locks.acquire(KUBERNETES_LOCK, { owner: 't', purpose: 't', ttlMs: 60_000 });
    const hold = answer.acquired ? { ...answer.hold, latestWrite: 0 } : expect.unreachable();
    const operations = [aResource({ name: 'a' }), aResource({ namespace: 'ml', name: 'b' })].map(
      (resource) => ({ type: 'put', resource }) as const,
    );
    await store.write(hold, { kind: 'Pod', operations, isSilent: true });
    await locks.release(hold);
    cluster.objects.set('Pod', [anObject('a')]);
    start({ included: [], excluded: ['ml'] });
    await ended(1);
    expect([await stored(), (await store.head()).reloading]).toEqual([['shop/a'], []]);
  });

  it('reads anew what the store has lost of the writes that it acknowledged, although its lock is still there', async () => {
    const { cluster, store, clock, start, ended, stored } = ground();
    cluster.objects.set('Pod', [anObject('a'), anObject('b'), anObject('c'), anObject('d')]);
    start();
    await ended(1);
    const lists = cluster.lists.length;
    // They are answered, and gone with the second that a crash costs.
    const number = (await store.head()).latestWrite + 10;
    const counts = { added: 1, modified: 0, removed: 1 };
    const write = vi.spyOn(store, 'write').mockImplementationOnce(async () => ({ number, counts }));
    await cluster.sinks.get('Pod')?.apply([
      { type: 'ADDED', object: anObject('new') },
      { type: 'DELETED', object: anObject('d', '2') },
    ]);
    expect([write.mock.calls.length, await stored()]).toEqual([1, ['shop/a', 'shop/b', 'shop/c', 'shop/d']]);
    cluster.objects.set('Pod', [anObject('a'), anObject('b'), anObject('c'), anObject('new')]);
    // Nothing more happens in the cluster; that the worker lives is to be shown.
    clock.advance(10_000);
    await vi.waitFor(async () => expect(await stored()).toEqual(['shop/a', 'shop/b', 'shop/c', 'shop/new']), {
      timeout: 20_000,
    });
    expect(cluster.lists.length).toBe(lists + KUBERNETES_KINDS.length);
  });

  it('keeps since when a kind was known when it fails before it has read that', async () => {
    const { store, clock, start, ended, freshness } = ground();
    const first = start();
    await ended(1);
    const known = await vi.waitFor(async () => {
      const { asOf } = (await freshness('Node')) ?? expect.unreachable();
      expect(asOf).not.toBeNull();
      return asOf;
    });
    await first.beforeApplicationShutdown();
    clock.advance(1_000);
    // The kinds that come after it have not been looked at.
    vi.spyOn(store, 'versions').mockImplementation(() => {
      throw new Error('it cannot be read');
    });
    start();
    await vi.waitFor(async () => expect((await freshness('Node'))?.error).toBe('it cannot be read'));
    expect((await freshness('Node'))?.asOf).toBe(known);
  });

  it('shows nothing in place of what it could not read', async () => {
    const { store, locks, start, ended } = ground();
    const head = vi.spyOn(store, 'head').mockRejectedValue(new Error('it cannot be read'));
    start();
    await ended(1);
    await vi.waitFor(async () => expect(await locks.holder(KUBERNETES_LOCK)).toBeNull());
    head.mockRestore();
    expect((await store.head()).freshness).toEqual({});
  });
});
