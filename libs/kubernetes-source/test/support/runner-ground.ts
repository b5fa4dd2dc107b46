import { MetricsRegistry, ProcessIdentity } from '@app/platform';
import { MemoryLockKeeper } from '@app/redis';
import type { RunDetails } from '@app/sync-status';
import { FakeClock } from '@app/testing';
import { afterEach, beforeEach, vi } from 'vitest';
import type { NamespaceSelection, Scope } from '../../src/client/resource-requests.js';
import type { KindRow, KubernetesKind } from '../../src/model/kinds.js';
import type { ApiObject, ResourceKey } from '../../src/model/resource.js';
import type { ReflectorSink } from '../../src/reflector/reflector-sink.js';
import { KubernetesCounters } from '../../src/run/kubernetes-counters.js';
import { KubernetesRunner } from '../../src/run/kubernetes-runner.js';
import { type ConnectedCluster, ReflectorSource } from '../../src/run/reflector-source.js';
import { type KindProgress, type RunReporter, RunReports } from '../../src/run/run-reporter.js';
import { MemoryResourceStore } from '../../src/store/memory-resource-store.js';
import type { ClusterIdentity, StoredFreshness } from '../../src/store/resource-store.js';
import { allPages } from './objects.js';

/** A cluster whose reflectors list at once, and again when they are asked to. */
class FakeCluster extends ReflectorSource {
  readonly objects = new Map<KubernetesKind, readonly ApiObject[]>();
  readonly forbidden = new Set<KubernetesKind>();
  readonly absent = new Set<KubernetesKind>();
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
    if (this.absent.has(kind)) {
      sink.state({ phase: 'waiting', reason: 'absent', error: '404 page not found', nextAt: since });
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
  readonly reported: string[] = [];
  readonly kinds = new Map<KubernetesKind, KindProgress>();
  readonly details: RunDetails[] = [];

  override under(): RunReporter {
    return {
      began: (trigger, kinds, by) => this.reported.push(`began ${trigger} ${kinds.length} ${by}`),
      step: (step) => this.reported.push(step),
      kind: (kind, progress) => this.kinds.set(kind, progress),
      ended: (outcome, error, details) => {
        this.details.push(details);
        this.reported.push(error === null ? outcome : `${outcome}: ${error}`);
      },
      leased: () => undefined,
      close: async () => undefined,
    };
  }
}

/** A ground of its own for each test of the block that calls this; its workers end with the test. */
export function groundOfEachTest(): () => RunnerGround {
  let ground: RunnerGround;
  beforeEach(() => {
    ground = new RunnerGround();
  });
  afterEach(() => ground.stop());
  return () => ground;
}

/** Workers that follow a cluster, in one process and without Redis. */
class RunnerGround {
  readonly clock = new FakeClock();
  readonly locks = new MemoryLockKeeper(this.clock);
  readonly store = new MemoryResourceStore(this.clock, this.locks);
  readonly cluster = new FakeCluster(this.clock);
  readonly runs = new RecordedRuns();
  private readonly runners: KubernetesRunner[] = [];

  /** A worker that has not begun. */
  readonly runnerOf = (namespaces: NamespaceSelection = { included: [], excluded: [] }): KubernetesRunner => {
    const identity = new ProcessIdentity('worker', 'host', 1);
    const counters = new KubernetesCounters(new MetricsRegistry());
    const options = { namespaces, maxRemovedPercent: 30, tickMs: 5, lockTtlMs: 7_200_000, lockPollMs: 5 };
    const { store, locks, cluster, runs, clock } = this;
    const runner = new KubernetesRunner(store, locks, cluster, runs, counters, clock, identity, options);
    this.runners.push(runner);
    return runner;
  };

  readonly start = (namespaces?: NamespaceSelection): KubernetesRunner => {
    const runner = this.runnerOf(namespaces);
    runner.onApplicationBootstrap();
    runner.resume();
    return runner;
  };

  async stop(): Promise<void> {
    await Promise.all(this.runners.splice(0).map((runner) => runner.beforeApplicationShutdown()));
  }

  /** Waits until so many runs have. */
  readonly ended = async (count: number): Promise<void> => {
    const isEnd = (line: string): boolean => /^(completed|failed)/.test(line);
    await vi.waitUntil(() => this.runs.reported.filter(isEnd).length === count);
  };

  readonly stored = async (kind: KubernetesKind = 'Pod'): Promise<readonly ResourceKey[]> =>
    (await allPages(this.store.load(kind))).map(({ resource }) => resource.key).toSorted();

  readonly freshness = async (kind: KubernetesKind = 'Pod'): Promise<StoredFreshness | undefined> =>
    (await this.store.head()).freshness[kind];
}
