import { type Clock, SECOND_MS } from '@app/platform';
import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { FreshnessByKind, StoredFreshness } from '../store/resource-store.js';
import type { FencedWriter } from './fenced-writer.js';
import { freshnessOf } from './kind-standing.js';
import type { KubernetesCounters } from './kubernetes-counters.js';
import type { MirrorSink } from './mirror-sink.js';

/** How often the worker shows that it lives, whatever changes. */
const HEARTBEAT_MS = 10 * SECOND_MS;

/** Publishes how fresh each kind is when that has changed, and now and then that the worker lives. */
export class FreshnessPublisher {
  /** What was stored before this session; null until it has been read. */
  private before: FreshnessByKind | null = null;
  private readonly published = new Map<KubernetesKind, string>();
  private publishedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly sinks: readonly MirrorSink[],
    private readonly writer: Pick<FencedWriter, 'publish'>,
    private readonly counters: Pick<KubernetesCounters, 'held'>,
    private readonly clock: Clock,
  ) {}

  /** @param before what is stored; it stands until a kind was read */
  begin(before: FreshnessByKind): void {
    this.before = before;
  }

  /** What was stored counts no more: no kind was read. */
  forget(): void {
    this.before = {};
  }

  async publish(): Promise<void> {
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

  /** Shows every kind as not followed, for this reason. Until what is stored has been read nothing may take its place. */
  async markStale(error: string): Promise<void> {
    if (this.before === null) return;
    const kinds = KUBERNETES_KINDS.map((kind) => [kind, { ...this.freshness(kind), error }] as const);
    await this.writer.publish(Object.fromEntries(kinds));
  }

  private freshness(kind: KubernetesKind): StoredFreshness {
    return freshnessOf(
      this.sinks.filter((sink) => sink.kind === kind),
      this.before?.[kind],
    );
  }
}
