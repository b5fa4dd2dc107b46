import { MetricsRegistry, ProcessIdentity } from '@app/platform';
import { MemoryLockKeeper } from '@app/redis';
import type { RunDetails } from '@app/sync-status';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aResource } from '../../test/support/a-resource.js';
import { allPages } from '../../test/support/all-pages.js';
import { anObject } from '../../test/support/an-object.js';
import { ApiserverError } from '../client/apiserver-error.js';
import { type NamespaceSelection, type Scope } from '../client/resource-requests.js';
import { type KindRow, KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { ApiObject } from '../model/resource.js';
import type { ReflectorSink } from '../reflector/reflector-sink.js';
import { MemoryResourceStore } from '../store/memory-resource-store.js';
import { type ClusterIdentity, KUBERNETES_LOCK } from '../store/resource-store.js';
import { KubernetesCounters } from './kubernetes-counters.js';
import { KubernetesRunner } from './kubernetes-runner.js';
import { type ConnectedCluster, ReflectorSource } from './reflector-source.js';
import { type KindProgress, type RunReporter, RunReports } from './run-reporter.js';

Logger.overrideLogger(false);

/** A cluster whose reflectors list at once, and again when they are asked to. */
class FakeCluster extends ReflectorSource {
  readonly objects = new Map<KubernetesKind, readonly ApiObject[]>();
  readonly forbidden = new Set<KubernetesKind>();
  readonly lists: string[] = [];
  readonly sinks = new Map<KubernetesKind, ReflectorSink>();
  connectError: Error | null = null;
  identity: ClusterIdentity = { uid: 'one', address: 'https://k8s.test/ public' };
  identityError: Error | null = null;
  isHanging = false;
  /** Lists do not come to an end. */
  isStuck = false;
  open = 0;

  constructor(private readonly clock: FakeClock) {
    super();
  }

  override async connect(): Promise<ConnectedCluster> {
    if (this.connectError !== null) throw this.connectError;
    if (this.isHanging) return new Promise(() => undefined);
    return {
      identity: async () => {
        if (this.identityError !== null) throw this.identityError;
        return this.identity;
      },
      reflector: (row, scope, sink) => this.reflector(row, scope, sink),
      close: async () => undefined,
    };
  }

  private reflector(row: KindRow, scope: Scope, sink: ReflectorSink) {
    let wake: () => void = () => undefined;
    this.sinks.set(row.kind, sink);
    return {
      run: async (signal: AbortSignal): Promise<void> => {
        this.open += 1;
        signal.addEventListener('abort', () => wake(), { once: true });
        while (!signal.aborted) {
          await this.list(row.kind, scope, sink);
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (signal.aborted) resolve();
          });
        }
        this.open -= 1;
      },
      relist: () => wake(),
    };
  }

  private async list(kind: KubernetesKind, scope: Scope, sink: ReflectorSink): Promise<void> {
    const since = this.clock.timestamp();
    sink.state({ phase: 'listing', via: 'list', since });
    if (this.forbidden.has(kind)) {
      sink.state({ phase: 'waiting', reason: 'forbidden', error: 'RBAC says no', nextAt: since });
      return;
    }
    if (this.isStuck) return;
    this.lists.push(scope.kind === 'namespace' ? `${kind} ${scope.namespace}` : kind);
    await sink.begin();
    const all = this.objects.get(kind) ?? [];
    await sink.add(
      all.filter(({ metadata }) => scope.kind !== 'namespace' || metadata.namespace === scope.namespace),
      0,
    );
    await sink.complete('9');
    sink.state({ phase: 'watching', since });
  }
}

class RecordedRuns extends RunReports {
  readonly told: string[] = [];
  readonly kinds = new Map<KubernetesKind, KindProgress>();
  readonly details: RunDetails[] = [];

  override under(): RunReporter {
    return {
      began: (trigger, kinds, by) => this.told.push(`began ${trigger} ${kinds.length} ${by}`),
      step: (step) => this.told.push(step),
      kind: (kind, progress) => this.kinds.set(kind, progress),
      ended: (outcome, error, details) => {
        this.details.push(details);
        this.told.push(error === null ? outcome : `${outcome}: ${error}`);
      },
      leased: () => undefined,
      close: async () => undefined,
    };
  }
}

describe('the worker that follows a cluster', () => {
  let clock: FakeClock;
  let locks: MemoryLockKeeper;
  let store: MemoryResourceStore;
  let cluster: FakeCluster;
  let runs: RecordedRuns;
  const runners: KubernetesRunner[] = [];

  beforeEach(() => {
    clock = new FakeClock();
    locks = new MemoryLockKeeper(clock);
    store = new MemoryResourceStore(clock, locks);
    cluster = new FakeCluster(clock);
    runs = new RecordedRuns();
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.beforeApplicationShutdown()));
  });

  const runnerOf = (namespaces: NamespaceSelection = { included: [], excluded: [] }): KubernetesRunner => {
    const identity = new ProcessIdentity('worker', 'host', 1);
    const counters = new KubernetesCounters(new MetricsRegistry());
    const options = { namespaces, maxRemovedPercent: 30, tickMs: 5, lockTtlMs: 7_200_000, lockPollMs: 5 };
    const runner = new KubernetesRunner(store, locks, cluster, runs, counters, clock, identity, options);
    runners.push(runner);
    return runner;
  };
  const start = (namespaces?: NamespaceSelection): KubernetesRunner => {
    const runner = runnerOf(namespaces);
    runner.onApplicationBootstrap();
    runner.resume();
    return runner;
  };
  const ended = (count: number) =>
    vi.waitFor(() => expect(runs.told.filter((line) => /^(completed|failed)/.test(line))).toHaveLength(count));
  const stored = async (kind: KubernetesKind = 'Pod') =>
    (await allPages(store.load(kind))).map(({ resource }) => resource.key).toSorted();
  const freshness = async (kind: KubernetesKind = 'Pod') => (await store.head()).freshness[kind];

  it('reads each kind once, reports it, and publishes how fresh it is', async () => {
    cluster.objects.set('Pod', [anObject('a'), anObject('b')]);
    start();
    await ended(1);
    expect(runs.told).toEqual(['began startup 11 sync', 'cleanup', 'sync', 'informer', 'done', 'completed']);
    expect([await stored(), cluster.lists.toSorted()]).toEqual([
      ['shop/a', 'shop/b'],
      [...KUBERNETES_KINDS].toSorted(),
    ]);
    expect(runs.kinds.get('Pod')).toMatchObject({ status: 'completed', count: 2, total: 2, error: null });
    await vi.waitFor(async () => expect(await freshness()).toEqual({ asOf: clock.timestamp(), error: null }));
    await cluster.sinks.get('Pod')?.apply([{ type: 'ADDED', object: anObject('c') }]);
    expect(await stored()).toContain('shop/c');
  });

  it('lets another worker take over, which lists once and writes what differs', async () => {
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

  it('shows a forbidden kind as failed, and reads it when it may', async () => {
    cluster.forbidden.add('Ingress');
    const runner = start();
    await ended(1);
    expect(runs.told.at(-1)).toBe('completed');
    expect(runs.kinds.get('Ingress')).toMatchObject({ status: 'failed', error: 'forbidden: RBAC says no' });
    expect(runs.kinds.get('Pod')?.status).toBe('completed');
    await vi.waitFor(async () =>
      expect(await freshness('Ingress')).toEqual({ asOf: null, error: 'forbidden: RBAC says no' }),
    );
    cluster.forbidden.clear();
    runner.relist({ kinds: ['Ingress'], namespaces: [], isForced: false, requestedBy: 'user:a' });
    await ended(2);
    expect(runs.kinds.get('Ingress')?.status).toBe('completed');
    expect(runs.told).toContain('began manual 1 user:a');
  });

  it('reads anew what is asked for, by kind and namespace', async () => {
    const runner = start({ included: ['shop', 'ml'], excluded: [] });
    await ended(1);
    cluster.lists.length = 0;
    const request = { isForced: false, requestedBy: 'user:a' } as const;
    const relist = runner.relist({ ...request, kinds: ['Pod', 'Node'], namespaces: ['ml'] });
    await ended(2);
    expect(await relist?.isRead).toBe(true);
    expect(cluster.lists).toEqual(['Pod ml']);
    expect(runner.relist({ ...request, kinds: [], namespaces: ['elsewhere'] })).toBeNull();
  });

  it('says that a set is held, and lets it pass when it is forced', async () => {
    cluster.objects.set('Pod', [anObject('a')]);
    const runner = start();
    await ended(1);
    cluster.objects.set('Pod', []);
    const request = { kinds: ['Pod'], namespaces: [], requestedBy: 'user:a' } as const;
    runner.relist({ ...request, isForced: false });
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
    runner.relist({ ...request, kinds: ['Node'], isForced: true });
    await ended(3);
    expect(runs.details.at(-1)).toMatchObject({ held });
    runner.relist({ ...request, isForced: true });
    await ended(4);
    expect(await stored()).toEqual([]);
    expect(runs.details.at(-1)).toMatchObject({ held: null, changes: { removed: 1, leftMissing: 0 } });
  });

  it('compares a set that is held with another one after ten minutes', async () => {
    cluster.objects.set('Pod', [anObject('a')]);
    const runner = start();
    await ended(1);
    cluster.objects.set('Pod', []);
    runner.relist({ kinds: ['Pod'], namespaces: [], isForced: false, requestedBy: 'user:a' });
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
    // Nobody asked for that set, and still it is told that nothing is held any more.
    await ended(3);
    expect(runs.details.map(({ held }) => held === null)).toEqual([true, false, true]);
  });

  it('stops while it is paused, says so, and goes on', async () => {
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
    cluster.isHanging = true;
    const runner = start();
    await vi.waitFor(() => expect(runs.told).toContain('cleanup'));
    runner.pause('by user:a');
    await vi.waitFor(async () => expect(await locks.holder(KUBERNETES_LOCK)).toBeNull());
    expect((await freshness())?.error).toBe('paused: by user:a');
    runner.resume();
    await vi.waitFor(() => expect(runs.told.filter((line) => line === 'cleanup')).toHaveLength(2));
    await runner.beforeApplicationShutdown();
    expect(await locks.holder(KUBERNETES_LOCK)).toBeNull();
  });

  it('follows nothing until it is told that it is not paused', async () => {
    const runner = runnerOf();
    runner.pause('by user:a');
    runner.onApplicationBootstrap();
    await new Promise(setImmediate);
    expect(await locks.holder(KUBERNETES_LOCK)).toBeNull();
    expect(runs.told).toEqual([]);
    runner.resume();
    await ended(1);
  });

  it('ends a run with the pause that broke it off, and takes no orders meanwhile', async () => {
    cluster.isStuck = true;
    const runner = start();
    expect(runner.canRelist).toBe(false);
    await vi.waitFor(() => expect(cluster.open).toBe(KUBERNETES_KINDS.length));
    expect(runner.canRelist).toBe(true);
    runner.pause('by user:a');
    await ended(1);
    expect(runs.told.at(-1)).toBe('failed: the sync was paused by user:a');
    await vi.waitFor(async () => expect((await freshness())?.error).toBe('paused: by user:a'));
    expect(runner.canRelist).toBe(false);
  });

  it('lets the first set pass that is forced while it connects', async () => {
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
    runner.relist({ kinds: ['Pod'], namespaces: [], isForced: true, requestedBy: 'user:a' });
    connected.resolve();
    await ended(2);
    expect(await stored()).toEqual([]);
  });

  it('says of what was asked for that it was not read when it ends before', async () => {
    const runner = start();
    await ended(1);
    cluster.isStuck = true;
    const relist = runner.relist({ kinds: ['Pod'], namespaces: [], isForced: true, requestedBy: 'user:a' });
    runner.pause('by user:a');
    expect(await relist?.isRead).toBe(false);
  });

  it('waits for no kind that cannot be read when it is asked for everything', async () => {
    cluster.forbidden.add('Ingress');
    const runner = start();
    await ended(1);
    const relist = runner.relist({ kinds: [], namespaces: [], isForced: true, requestedBy: 'user:a' });
    expect(await relist?.isRead).toBe(true);
  });

  it('removes what is stored of another cluster before it reads one, and says so', async () => {
    cluster.objects.set('Pod', [anObject('a'), anObject('b')]);
    const first = start();
    await ended(1);
    await first.beforeApplicationShutdown();
    const known = await freshness();
    cluster.identity = { ...cluster.identity, uid: 'two' };
    cluster.objects.set('Pod', [anObject('a', '1', { uid: 'another' })]);
    cluster.isStuck = true;
    const second = start();
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
    // Nothing is known of it before it was read.
    await vi.waitFor(async () => expect(await freshness()).not.toEqual(known));
    expect(await freshness()).toEqual({ asOf: null, error: null });
    cluster.isStuck = false;
    second.relist({ kinds: [], namespaces: [], isForced: false, requestedBy: 'user:a' });
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

  it('reads nothing while the cluster does not say who it is, and shows why', async () => {
    cluster.identityError = new ApiserverError('unauthorized', '401 who are you');
    const runner = start();
    await vi.waitFor(async () => expect((await freshness())?.error).toBe('unauthorized: 401 who are you'));
    expect([cluster.lists, runner.canRelist]).toEqual([[], false]);
    cluster.identityError = null;
    await vi.waitFor(() => expect(runs.told.at(-1)).toBe('completed'), { timeout: 20_000 });
  });

  it('tells followers of a kind once, however many of its namespaces are read', async () => {
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
    runner.relist({ kinds: ['Pod'], namespaces: [], isForced: false, requestedBy: 'user:a' });
    await ended(2);
    expect(reloaded).toHaveBeenCalledTimes(2);
  });

  it('takes out of the mirror what is in no namespace of the selection any more', async () => {
    const answer = await locks.acquire(KUBERNETES_LOCK, { owner: 't', purpose: 't', ttlMs: 60_000 });
    const hold = answer.acquired ? answer.hold : expect.unreachable();
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

  it('keeps since when a kind was known when it fails before it has read that', async () => {
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
    const head = vi.spyOn(store, 'head').mockRejectedValue(new Error('it cannot be read'));
    start();
    await ended(1);
    await vi.waitFor(async () => expect(await locks.holder(KUBERNETES_LOCK)).toBeNull());
    head.mockRestore();
    expect((await store.head()).freshness).toEqual({});
  });

  it('says why it cannot connect, and tries again', async () => {
    cluster.connectError = new Error('no kubeconfig at /x');
    start();
    await ended(1);
    expect(runs.told.at(-1)).toBe('failed: no kubeconfig at /x');
    await vi.waitFor(async () => expect((await freshness())?.error).toBe('no kubeconfig at /x'));
    cluster.connectError = null;
    await vi.waitFor(() => expect(runs.told.at(-1)).toBe('completed'), { timeout: 20_000 });
  });
});
