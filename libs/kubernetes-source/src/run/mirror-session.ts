import { type Clock, delay, inBatches, MINUTE_MS, msFromTimestamp, SECOND_MS, untilAborted } from '@app/platform';
import { LockLostError } from '@app/redis';
import { type NamespaceSelection, type Scope, scopesOf } from '../client/resource-requests.js';
import { KINDS, KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { ResourceKey } from '../model/resource.js';
import {
  type ChangeCounts,
  type FreshnessByKind,
  MAX_OPERATIONS,
  type ResourceStore,
  type StoredFreshness,
} from '../store/resource-store.js';
import type { FencedWriter } from './fenced-writer.js';
import { freshnessOf } from './kind-standing.js';
import type { KubernetesCounters } from './kubernetes-counters.js';
import { MirrorSink, type SinkObserver } from './mirror-sink.js';
import type { ConnectedCluster, RunningReflector } from './reflector-source.js';
import type { RunReporter } from './run-reporter.js';
import { RunWatch } from './run-watch.js';

/** What is to be read anew; all kinds or namespaces where none is named. */
export interface RelistRequest {
  readonly kinds: readonly KubernetesKind[];
  readonly namespaces: readonly string[];
  /** Lets pass what the mass-removal guard would hold. */
  readonly isForced: boolean;
  /** `user:<key name>` */
  readonly requestedBy: string;
}

export interface SessionOptions {
  readonly namespaces: NamespaceSelection;
  readonly maxRemovedPercent: number;
  /** How often what has changed is published. */
  readonly tickMs: number;
}

/** How often the worker shows that it lives, whatever changes. */
const HEARTBEAT_MS = 10 * SECOND_MS;
/** When a set that is held is compared with another one. */
const HELD_RELIST_MS = 10 * MINUTE_MS;
const LATER = 'the worker that followed the cluster ended';

/** The reason of a signal by which somebody pauses the sync. */
export class SyncPausedError extends Error {
  override readonly name = 'SyncPausedError';

  constructor(reason: string) {
    super(`the sync was paused ${reason}`);
  }
}

interface Mirror {
  readonly sink: MirrorSink;
  reflector: RunningReflector | null;
  heldRelistMs: number | null;
}

/**
 * What a worker does for as long as it holds the lock: takes note of what is stored, runs a reflector for each kind and
 * scope, and publishes how fresh each kind is.
 */
export class MirrorSession {
  private readonly mirrors: readonly Mirror[];
  private readonly runs: RunWatch;
  /** What was stored before this session; null until it has been read. */
  private before: FreshnessByKind | null = null;
  private readonly published = new Map<KubernetesKind, string>();
  private publishedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: ResourceStore,
    private readonly writer: FencedWriter,
    private readonly reporter: RunReporter,
    private readonly counters: KubernetesCounters,
    private readonly clock: Clock,
    private readonly options: SessionOptions,
  ) {
    const observer: SinkObserver = {
      moved: () => this.runs.look(),
      written: (kind, counts) => this.written(kind, counts),
      fullSet: (kind) => counters.fullSet(kind),
    };
    const { maxRemovedPercent, namespaces } = options;
    this.mirrors = KUBERNETES_KINDS.flatMap((kind) =>
      scopesOf(KINDS[kind], namespaces).map((scope) => {
        const sink = new MirrorSink({ kind, scope, writer, clock, maxRemovedPercent, observer });
        return { sink, reflector: null, heldRelistMs: null };
      }),
    );
    this.runs = new RunWatch(this.sinks, reporter, clock);
  }

  /**
   * Comes back when the signal is aborted.
   *
   * @throws LockLostError, or what the store or a reflector throws; then nothing of it runs any more
   */
  async run(connect: () => Promise<ConnectedCluster>, signal: AbortSignal): Promise<void> {
    const failure = new AbortController();
    const ends = AbortSignal.any([signal, failure.signal]);
    this.runs.begin('startup', KUBERNETES_KINDS, new Set(this.sinks));
    let cluster: ConnectedCluster | null = null;
    try {
      this.reporter.step('cleanup');
      await this.takeNote();
      const connecting = connect();
      cluster = await untilAborted(connecting, signal);
      if (cluster === null) {
        closeLater(connecting);
        return;
      }
      this.reporter.step('sync');
      const tasks = this.mirrors.map((mirror) => this.reflect(mirror, cluster as ConnectedCluster, ends));
      // The first that fails ends the others.
      const all = [...tasks, this.tick(ends)].map((task) =>
        task.catch((error: unknown) => {
          failure.abort();
          throw error;
        }),
      );
      const outcomes = await Promise.allSettled(all);
      const failures = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      );
      const [first] = failures.toSorted((one, other) => rankOf(one) - rankOf(other));
      if (first !== undefined && !signal.aborted) throw first;
    } catch (error) {
      if (!signal.aborted) this.runs.abandon(error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      this.runs.abandon(signal.reason instanceof SyncPausedError ? signal.reason.message : LATER);
      await cluster?.close();
    }
  }

  /** Whether all of the cluster is being read or followed. */
  get canRelist(): boolean {
    return this.mirrors.every(({ reflector }) => reflector !== null);
  }

  /** @returns whether anything is read anew */
  relist({ kinds, namespaces, isForced, requestedBy }: RelistRequest): boolean {
    const wanted = this.mirrors.filter(
      ({ sink }) => (kinds.length === 0 || kinds.includes(sink.kind)) && coversAny(sink.kind, sink.scope, namespaces),
    );
    // What is not being read yet is read in any case, and then as it was asked for.
    if (isForced) for (const { sink } of wanted) sink.force();
    const readers = wanted.filter(({ reflector }) => reflector !== null);
    if (readers.length === 0) return false;
    const touched = KUBERNETES_KINDS.filter((kind) => readers.some(({ sink }) => sink.kind === kind));
    // A run that is under way reads the parts that it has not read; it is not broken off for others.
    if (!this.runs.isRunning) {
      this.runs.begin('manual', touched, new Set(readers.map(({ sink }) => sink)), requestedBy);
      this.reporter.step('sync');
    }
    for (const { reflector } of readers) reflector?.relist();
    return true;
  }

  /** Shows every kind as not followed, for this reason. Until what is stored has been read nothing may take its place. */
  async markStale(error: string): Promise<void> {
    if (this.before === null) return;
    const kinds = KUBERNETES_KINDS.map((kind) => [kind, { ...this.freshness(kind), error }] as const);
    await this.writer.publish(Object.fromEntries(kinds));
  }

  private get sinks(): readonly MirrorSink[] {
    return this.mirrors.map(({ sink }) => sink);
  }

  private async reflect(mirror: Mirror, cluster: ConnectedCluster, signal: AbortSignal): Promise<void> {
    const { kind, scope } = mirror.sink;
    mirror.reflector = cluster.reflector(KINDS[kind], scope, mirror.sink);
    try {
      await mirror.reflector.run(signal);
    } finally {
      mirror.reflector = null;
    }
  }

  /** What is stored, and what of it no scope holds any more: that was decided by whoever chose the namespaces. */
  private async takeNote(): Promise<void> {
    const { freshness, reloading } = await this.store.head();
    this.before = freshness;
    for (const sink of this.sinks) sink.trouble = freshness[sink.kind]?.error ?? null;
    for (const kind of KUBERNETES_KINDS) {
      const strays: ResourceKey[] = [];
      const sinks = this.sinks.filter((sink) => sink.kind === kind);
      for await (const page of this.store.versions(kind)) {
        for (const { key, version } of page) {
          if (!sinks.some((sink) => sink.prime(key, version))) strays.push(key);
        }
      }
      const isSilent = strays.length > MAX_OPERATIONS;
      for (const keys of inBatches(strays, MAX_OPERATIONS)) {
        const operations = keys.map((key) => ({ type: 'remove', key }) as const);
        this.written(kind, await this.writer.write({ kind, operations, isSilent }));
      }
      // A worker that ended in a full set has left changes that no follower knows.
      if (isSilent || reloading.includes(kind)) await this.writer.reloaded(kind);
    }
  }

  private written(kind: KubernetesKind, counts: ChangeCounts): void {
    this.counters.written(kind, counts);
    this.runs.written(counts);
  }

  /** One timer for all that is due now and then. */
  private async tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.runs.look();
      this.relistHeld();
      await this.publish();
      await delay(this.options.tickMs, signal);
    }
  }

  private async publish(): Promise<void> {
    const now = this.clock.now();
    const changed: Partial<Record<KubernetesKind, StoredFreshness>> = {};
    const texts: (readonly [KubernetesKind, string])[] = [];
    for (const kind of KUBERNETES_KINDS) {
      const freshness = this.freshness(kind);
      const text = JSON.stringify(freshness);
      if (this.published.get(kind) === text) continue;
      changed[kind] = freshness;
      texts.push([kind, text]);
    }
    if (texts.length === 0 && now - this.publishedMs < HEARTBEAT_MS) return;
    if (!(await this.writer.publish(changed satisfies FreshnessByKind))) return;
    this.publishedMs = now;
    for (const [kind, text] of texts) this.published.set(kind, text);
    this.counters.held(KUBERNETES_KINDS.filter((kind) => this.sinks.some((sink) => sink.kind === kind && sink.held)));
  }

  private freshness(kind: KubernetesKind): StoredFreshness {
    return freshnessOf(
      this.sinks.filter((sink) => sink.kind === kind),
      this.before?.[kind],
    );
  }

  private relistHeld(): void {
    const now = this.clock.now();
    for (const mirror of this.mirrors) {
      const { held } = mirror.sink;
      if (held === null) mirror.heldRelistMs = null;
      else if (now - (mirror.heldRelistMs ?? msFromTimestamp(held.since)) >= HELD_RELIST_MS) {
        mirror.heldRelistMs = now;
        mirror.reflector?.relist();
      }
    }
  }
}

function coversAny(kind: KubernetesKind, scope: Scope, namespaces: readonly string[]): boolean {
  if (namespaces.length === 0) return true;
  if (!KINDS[kind].isNamespaced) return false;
  switch (scope.kind) {
    case 'cluster':
      return true;
    case 'namespace':
      return namespaces.includes(scope.namespace);
    case 'all-but':
      return namespaces.some((namespace) => !scope.namespaces.includes(namespace));
  }
}

/** Nobody waits for a cluster that answers after the end. */
function closeLater(connecting: Promise<ConnectedCluster>): void {
  connecting.then((late) => late.close()).catch(() => undefined);
}

/** Of several failures the loss of the lock says most. */
function rankOf(error: unknown): number {
  return error instanceof LockLostError ? 0 : 1;
}
