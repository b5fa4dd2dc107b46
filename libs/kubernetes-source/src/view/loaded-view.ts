import { type Clock, Lifelong, Listeners, oneLine, SECOND_MS, type Timestamp } from '@app/platform';
import { STREAM_START } from '@app/redis';
import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { Resource, ResourceEvent, ResourceEventType, ResourceKey } from '../model/resource.js';
import {
  type FeedEntry,
  type FreshnessByKind,
  type ResourceStore,
  type StoredResource,
  versionOf,
} from '../store/resource-store.js';
import { KindCopy } from './kind-copy.js';
import { type KindFreshness, KubernetesView, type ResourcePage, type ResourceQuery } from './kubernetes-view.js';
import { isAfterEntry, RecentEvents } from './recent-events.js';

/** The worker shows every ten seconds that it lives; another one takes over half a minute after it has died. */
const SILENCE_MS = 45 * SECOND_MS;
const NOBODY = 'no worker follows the cluster at present';

/**
 * The copy of an API process: read in pages when it begins, then kept by the feed. Where the feed says no more what has
 * changed, the kind is read anew, and what is then found to be different is emitted as changes.
 */
export class LoadedKubernetesView extends KubernetesView implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Kubernetes');
  private readonly listeners = new Listeners<(events: readonly ResourceEvent[]) => void>((error) => {
    this.logger.error('A listener to changes of resources failed', { err: error });
  });
  private readonly following = new Lifelong({
    begin: (signal) => this.begin(signal),
    follow: (signal) => this.follow(signal),
    onError: (error) => this.interrupted(oneLine(error instanceof Error ? error.message : String(error), 200)),
  });
  private readonly copies = new Map<KubernetesKind, KindCopy>();
  private readonly recent = new RecentEvents();
  private fresh: FreshnessByKind = {};
  private isComplete = false;
  /** Up to where the feed has been applied. */
  private at = STREAM_START;
  private changedAt = STREAM_START;
  /** When a worker last showed that it lives; null when none held the lock. */
  private heardMs: number | null = null;
  /** Why the store cannot be read; null while it can be. */
  private trouble: string | null = null;

  constructor(
    private readonly store: ResourceStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  override isLoaded(): boolean {
    return this.isComplete;
  }

  override page(kind: KubernetesKind, query: ResourceQuery): ResourcePage {
    return this.copyOf(kind).page(query);
  }

  override get(kind: KubernetesKind, key: ResourceKey): Resource | null {
    return this.copyOf(kind).get(key);
  }

  override freshness(kind: KubernetesKind): KindFreshness {
    const { asOf = null, error: known = null } = this.fresh[kind] ?? {};
    const isSilent = this.heardMs === null || this.clock.now() - this.heardMs > SILENCE_MS;
    const error = this.trouble ?? known ?? (isSilent ? NOBODY : null);
    return { count: this.copyOf(kind).size, asOf, isStale: error !== null, error };
  }

  override subscribe(listener: (events: readonly ResourceEvent[]) => void): () => void {
    return this.listeners.add(listener);
  }

  override async eventsAfter(id: string, limit: number): Promise<readonly ResourceEvent[] | null> {
    return this.recent.after(id, limit) ?? this.store.eventsAfter(id, limit);
  }

  override position(): string {
    return this.changedAt;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.following.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.following.stop();
  }

  private async begin(signal: AbortSignal): Promise<void> {
    await this.loadAll(signal);
    this.interrupted(null);
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const pieces = this.store.watch(this.at, signal, (reason) => this.interrupted(reason));
    for await (const piece of pieces) {
      if (signal.aborted) return;
      if (piece.type === 'lost') {
        this.logger.warn(`The feed of resources does not know ${this.at} any more; all are read anew`);
        await this.loadAll(signal);
      } else {
        await this.applyAll(piece.entries, signal);
        this.at = piece.position;
        this.recent.reach(piece.position);
      }
      this.interrupted(null);
    }
  }

  private async applyAll(entries: readonly FeedEntry[], signal: AbortSignal): Promise<void> {
    let events: ResourceEvent[] = [];
    const emit = (): void => {
      if (events.length === 0) return;
      const emitted = events;
      events = [];
      this.listeners.emit((listener) => listener(emitted));
    };
    for (const entry of entries) {
      this.heardMs = this.clock.now();
      switch (entry.type) {
        case 'freshness':
          this.fresh = { ...this.fresh, ...entry.freshness };
          break;
        case 'reloaded':
          emit();
          await this.reload(entry.kind, entry.entryId, signal);
          break;
        case 'change': {
          const event = this.change(entry);
          if (event === null) break;
          this.recent.add(event);
          events.push(event);
          break;
        }
      }
      this.at = entry.entryId;
    }
    emit();
  }

  /** @returns null for a change of something that could not be read, before or after it */
  private change({ entryId, event }: Extract<FeedEntry, { type: 'change' }>): ResourceEvent | null {
    const { type, at, kind, key } = event;
    const copy = this.copyOf(kind);
    const resource = event.resource ?? copy.get(key);
    const known = copy.entryIdOf(key);
    // A copy that was read after the change is later than it.
    if (known === null || isAfterEntry(entryId, known)) {
      if (type === 'resource.deleted') copy.delete(key);
      else if (event.resource !== null) copy.set(event.resource, entryId);
    }
    this.changedAt = entryId;
    return resource === null ? null : { id: entryId, type, at, resource };
  }

  private async loadAll(signal: AbortSignal): Promise<void> {
    const head = await this.store.head();
    const wasLoaded = this.isComplete;
    // One that breaks off changes nothing: what it had found to be different would never be emitted.
    const all: (readonly [KubernetesKind, KindCopy])[] = [];
    for (const kind of KUBERNETES_KINDS) {
      const next = await this.read(kind, signal);
      if (next === null) return;
      all.push([kind, next]);
    }
    const events: ResourceEvent[] = [];
    for (const [kind, next] of all) {
      if (wasLoaded) events.push(...this.differences(this.copyOf(kind), next, head.position));
      this.copies.set(kind, next);
    }
    this.fresh = head.freshness;
    this.heardMs = head.isFollowed ? this.clock.now() : null;
    this.isComplete = true;
    this.at = head.position;
    this.restart(head.position, events);
  }

  private async reload(kind: KubernetesKind, entryId: string, signal: AbortSignal): Promise<void> {
    const next = await this.read(kind, signal);
    if (next === null) return;
    const events = this.differences(this.copyOf(kind), next, entryId);
    this.copies.set(kind, next);
    if (events.length > 0) this.restart(entryId, events);
  }

  /**
   * Readers that are connected hear of every difference; all have the id of the place where they were found. One that was
   * disconnected before, or among them, has an earlier position, which is not remembered: it begins anew.
   */
  private restart(position: string, events: readonly ResourceEvent[]): void {
    this.recent.restart(position);
    this.changedAt = position;
    if (events.length > 0) this.listeners.emit((listener) => listener(events));
  }

  /** @returns null when the signal was aborted */
  private async read(kind: KubernetesKind, signal: AbortSignal): Promise<KindCopy | null> {
    const all: StoredResource[] = [];
    for await (const page of this.store.load(kind)) {
      if (signal.aborted) return null;
      all.push(...page);
    }
    return new KindCopy(all);
  }

  private differences(before: KindCopy, after: KindCopy, id: string): ResourceEvent[] {
    const at: Timestamp = this.clock.timestamp();
    const events: ResourceEvent[] = [];
    const add = (type: ResourceEventType, resource: Resource): void => void events.push({ id, type, at, resource });
    for (const { resource } of before.all()) {
      const now = after.get(resource.key);
      if (now === null || now.uid !== resource.uid) add('resource.deleted', resource);
    }
    for (const { resource } of after.all()) {
      const then = before.get(resource.key);
      if (then === null || then.uid !== resource.uid) add('resource.added', resource);
      else if (versionOf(then) !== versionOf(resource)) add('resource.modified', resource);
    }
    return events;
  }

  private copyOf(kind: KubernetesKind): KindCopy {
    let copy = this.copies.get(kind);
    if (copy === undefined) this.copies.set(kind, (copy = new KindCopy()));
    return copy;
  }

  private interrupted(reason: string | null): void {
    if (reason !== null && this.trouble === null) this.logger.warn(`Resources cannot be read at present: ${reason}`);
    this.trouble = reason;
  }
}
