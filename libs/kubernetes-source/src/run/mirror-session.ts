import { isDeepStrictEqual } from 'node:util';
import { type Clock, delay, inBatches, MINUTE_MS, msFromTimestamp, untilAborted } from '@app/platform';
import { LockLostError } from '@app/redis';
import { Logger } from '@nestjs/common';
import { coversAny, type NamespaceSelection, scopesOf } from '../client/resource-requests.js';
import { KINDS, KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { ResourceKey } from '../model/resource.js';
import {
  type ChangeCounts,
  type ClusterIdentity,
  MAX_OPERATIONS,
  type ResourceStore,
  type StoredVersion,
} from '../store/resource-store.js';
import { isAnotherCluster, recognized } from './cluster-recognition.js';
import type { FencedWriter } from './fenced-writer.js';
import { FreshnessPublisher } from './freshness-publisher.js';
import { KindReload } from './kind-reload.js';
import type { KubernetesCounters } from './kubernetes-counters.js';
import { MirrorSink, type SinkObserver } from './mirror-sink.js';
import { PendingRelists, type Relist } from './pending-relists.js';
import type { ConnectedCluster, RunningReflector } from './reflector-source.js';
import { RunObserver } from './run-observer.js';
import type { RunReporter } from './run-reporter.js';

/** What is to be read anew; all kinds or namespaces where none is named. */
export interface RelistRequest {
  readonly kinds: readonly KubernetesKind[];
  readonly namespaces: readonly string[];
  /** Until when it lets pass what the mass-removal guard would hold; null for not at all. */
  readonly forcedUntilMs: number | null;
  /** `user:<key name>` */
  readonly requestedBy: string;
}

export interface SessionOptions {
  readonly namespaces: NamespaceSelection;
  readonly maxRemovedPercent: number;
  /** How often what has changed is published. */
  readonly tickMs: number;
}

/** When a set that is held is compared with another one. */
const HELD_RELIST_MS = 10 * MINUTE_MS;
const ANOTHER = 'the cluster is another one than before; what was stored of that was removed';
const UNTOLD =
  'the cluster is reached by another address or authority and does not say which one it is; what was stored stays until lists lack it';
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
 * What a worker does for as long as it holds the lock: reads what is stored, runs a reflector for each kind and
 * scope, and publishes how fresh each kind is.
 */
export class MirrorSession {
  private readonly logger = new Logger('Kubernetes');
  private readonly mirrors: readonly Mirror[];
  private readonly runs: RunObserver;
  private readonly freshness: FreshnessPublisher;
  private readonly relists = new PendingRelists();
  /** Of which cluster the stored mirror is; null while nobody knows. */
  private known: ClusterIdentity | null = null;

  constructor(
    private readonly store: ResourceStore,
    private readonly writer: FencedWriter,
    private readonly reporter: RunReporter,
    private readonly counters: KubernetesCounters,
    private readonly clock: Clock,
    private readonly options: SessionOptions,
  ) {
    const observer: SinkObserver = {
      moved: () => this.check(),
      written: (kind, counts) => this.written(kind, counts),
      fullSet: (kind) => {
        counters.fullSet(kind);
        for (const sink of this.sinks) sink.trustAbsence();
      },
    };
    const { maxRemovedPercent, namespaces } = options;
    this.mirrors = KUBERNETES_KINDS.flatMap((kind) => {
      const reload = new KindReload(() => writer.reloaded(kind));
      return scopesOf(KINDS[kind], namespaces).map((scope) => {
        const sink = new MirrorSink({ kind, scope, writer, reload, clock, maxRemovedPercent, observer });
        return { sink, reflector: null, heldRelistMs: null };
      });
    });
    this.runs = new RunObserver(this.sinks, reporter, clock);
    this.freshness = new FreshnessPublisher(this.sinks, writer, counters, clock);
  }

  /**
   * Comes back when the signal is aborted.
   *
   * @throws LockLostError, WritesLostError, or what else the store or a reflector throws; then nothing of it runs any more
   */
  async run(connect: (signal: AbortSignal) => Promise<ConnectedCluster>, signal: AbortSignal): Promise<void> {
    const failure = new AbortController();
    const ends = AbortSignal.any([signal, failure.signal]);
    this.runs.begin('startup', KUBERNETES_KINDS, new Set(this.sinks));
    let cluster: ConnectedCluster | null = null;
    try {
      this.reporter.step('cleanup');
      await this.takeNote();
      const connecting = connect(signal);
      cluster = await untilAborted(connecting, signal);
      if (cluster === null) {
        closeLater(connecting);
        return;
      }
      await allEnded([this.mirror(cluster, ends, failure), this.tick(ends)], failure);
    } catch (error) {
      if (signal.aborted) return;
      this.runs.abandon(error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      this.runs.abandon(signal.reason instanceof SyncPausedError ? signal.reason.message : LATER);
      this.relists.abandon();
      await cluster?.close();
    }
  }

  /** Whether all of the cluster is being read or followed. */
  get canRelist(): boolean {
    return this.mirrors.every(({ reflector }) => reflector !== null);
  }

  /** @returns null when nothing is read anew */
  relist({ kinds, namespaces, forcedUntilMs, requestedBy }: RelistRequest): Relist | null {
    const wanted = this.mirrors.filter(
      ({ sink }) =>
        (kinds.length === 0 || kinds.includes(sink.kind)) && coversAny(KINDS[sink.kind], sink.scope, namespaces),
    );
    // What is not being read yet is read in any case, and then as it was asked for.
    if (forcedUntilMs !== null) for (const { sink } of wanted) sink.force(forcedUntilMs);
    const readers = wanted.filter(({ reflector }) => reflector !== null);
    if (readers.length === 0) return null;
    const touched = KUBERNETES_KINDS.filter((kind) => readers.some(({ sink }) => sink.kind === kind));
    // A run that is under way reads the parts that it has not read; it is not broken off for others.
    if (!this.runs.isRunning) {
      this.runs.begin('manual', touched, new Set(readers.map(({ sink }) => sink)), requestedBy);
      this.reporter.step('sync');
    }
    const relist = this.relists.begin(
      readers.map(({ sink }) => sink),
      forcedUntilMs !== null,
    );
    for (const { reflector } of readers) reflector?.relist();
    return relist;
  }

  /** Shows every kind as not followed, for this reason. */
  markStale(error: string): Promise<void> {
    return this.freshness.markStale(error);
  }

  private get sinks(): readonly MirrorSink[] {
    return this.mirrors.map(({ sink }) => sink);
  }

  private async mirror(cluster: ConnectedCluster, signal: AbortSignal, failure: AbortController): Promise<void> {
    if (!(await this.recognize(cluster, signal))) return;
    this.reporter.step('sync');
    await allEnded(
      this.mirrors.map((mirror) => this.reflect(mirror, cluster, signal)),
      failure,
    );
  }

  /** Before anything is read: what is stored of another cluster is not to be mixed with it. @returns false at the end */
  private async recognize(cluster: ConnectedCluster, signal: AbortSignal): Promise<boolean> {
    const found = await recognized(cluster, this.clock, signal, (state) => {
      for (const sink of this.sinks) sink.state(state);
    });
    if (found === null) return false;
    const { known } = this;
    if (known !== null && isAnotherCluster(known, found)) {
      this.logger.warn('The cluster is another one than before: what is stored is removed', { known, found });
      this.freshness.forget();
      for (const sink of this.sinks) sink.forget(ANOTHER);
      for (const kind of KUBERNETES_KINDS) await this.remove(kind, () => true);
      await this.writer.adopt(found);
      return true;
    }
    // One whose uid was known once is known by it also while that may not be read.
    const present = { ...found, uid: found.uid ?? known?.uid ?? null };
    if (known !== null && found.uid === null && known.address !== found.address) {
      this.logger.warn(`Which cluster it is cannot be known: ${UNTOLD}`, { known, found });
      for (const sink of this.sinks) sink.remark = UNTOLD;
    }
    if (!isDeepStrictEqual(known, present)) await this.writer.adopt(present);
    return true;
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
    const { cluster, freshness, latestWrite, reloading } = await this.store.head();
    this.writer.begin(latestWrite);
    this.known = cluster;
    this.freshness.begin(freshness);
    for (const sink of this.sinks) sink.trouble = freshness[sink.kind]?.error ?? null;
    for (const kind of KUBERNETES_KINDS) {
      const sinks = this.sinks.filter((sink) => sink.kind === kind);
      const isStray = ({ key, version }: StoredVersion): boolean => !sinks.some((sink) => sink.prime(key, version));
      // A worker that ended in a full set has left changes that no follower knows.
      await this.remove(kind, isStray, reloading.includes(kind));
    }
  }

  private async remove(
    kind: KubernetesKind,
    isWanted: (stored: StoredVersion) => boolean,
    owesReload = false,
  ): Promise<void> {
    const keys: ResourceKey[] = [];
    for await (const page of this.store.versions(kind)) {
      for (const stored of page) if (isWanted(stored)) keys.push(stored.key);
    }
    const isSilent = keys.length > MAX_OPERATIONS;
    for (const batch of inBatches(keys, MAX_OPERATIONS)) {
      const operations = batch.map((key) => ({ type: 'remove', key }) as const);
      this.written(kind, await this.writer.write({ kind, operations, isSilent }));
    }
    if (isSilent || owesReload) await this.writer.reloaded(kind);
  }

  private written(kind: KubernetesKind, counts: ChangeCounts): void {
    this.counters.written(kind, counts);
    this.runs.written(counts);
  }

  private check(): void {
    this.runs.check();
    this.relists.check();
  }

  /** One timer for all that is due now and then. */
  private async tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.check();
      this.relistHeld();
      await this.freshness.publish();
      await delay(this.options.tickMs, signal);
    }
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

/** Comes back when all have ended; the first that fails ends the others. @throws what says most of what they threw */
async function allEnded(tasks: readonly Promise<void>[], failure: AbortController): Promise<void> {
  const outcomes = await Promise.allSettled(
    tasks.map((task) =>
      task.catch((error: unknown) => {
        failure.abort();
        throw error;
      }),
    ),
  );
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  const [first] = errors.toSorted((one, other) => rankOf(one) - rankOf(other));
  if (first !== undefined) throw first;
}

/** Nobody waits for a cluster that answers after the end. */
function closeLater(connecting: Promise<ConnectedCluster>): void {
  connecting.then((late) => late.close()).catch(() => undefined);
}

/** Of several failures the loss of the lock says most. */
function rankOf(error: unknown): number {
  return error instanceof LockLostError ? 0 : 1;
}
