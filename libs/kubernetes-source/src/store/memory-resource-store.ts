import { type Clock, type Timestamp, untilAborted } from '@app/platform';
import { LockLostError, type MemoryLockKeeper, streamPosition } from '@app/redis';
import type { KubernetesKind } from '../model/kinds.js';
import type { Resource, ResourceEvent, ResourceEventType, ResourceKey } from '../model/resource.js';
import {
  type ClusterIdentity,
  type FeedEntry,
  type FeedPiece,
  type FreshnessByKind,
  KUBERNETES_LOCK,
  type MirrorHold,
  RESOURCE_FEED_LIMIT,
  type ResourceBatch,
  ResourceStore,
  type StoredResource,
  type StoredVersion,
  type StoreHead,
  versionOf,
  WritesLostError,
  type Written,
  type WrittenBatch,
} from './resource-store.js';

const START = '0-0';
/** Entries beyond the limit that stand until they are cut off together. */
const SLACK = 100;
const PAGE = 500;

/** The mirror of one process, where there is no Redis. */
export class MemoryResourceStore extends ResourceStore {
  private readonly resources = new Map<KubernetesKind, Map<ResourceKey, StoredResource>>();
  private readonly reloads = new Set<KubernetesKind>();
  private readonly feed: MemoryFeed;
  private freshness: FreshnessByKind = {};
  private cluster: ClusterIdentity | null = null;
  private latestWrite = 0;

  constructor(
    private readonly clock: Clock,
    private readonly locks: MemoryLockKeeper,
    feedLimit = RESOURCE_FEED_LIMIT,
  ) {
    super();
    this.feed = new MemoryFeed(clock, feedLimit);
  }

  override async *versions(kind: KubernetesKind): AsyncIterable<readonly StoredVersion[]> {
    for await (const page of this.load(kind)) {
      yield page.map(({ resource }) => ({ key: resource.key, version: versionOf(resource) }));
    }
  }

  override async write(hold: MirrorHold, { kind, operations, isSilent }: ResourceBatch): Promise<WrittenBatch> {
    const number = this.numberOfWrite(hold);
    const all = this.of(kind);
    const counts = { added: 0, modified: 0, removed: 0 };
    const at = this.clock.timestamp();
    const emit = (type: ResourceEventType, resource: Resource): string => {
      if (!isSilent) return this.feed.emitChange(type, at, resource);
      this.reloads.add(kind);
      return this.feed.position();
    };
    const remove = (before: StoredResource): void => {
      emit('resource.deleted', before.resource);
      all.delete(before.resource.key);
      counts.removed += 1;
    };
    for (const operation of operations) {
      const key = operation.type === 'put' ? operation.resource.key : operation.key;
      let before = all.get(key);
      if (operation.type === 'remove') {
        if (before !== undefined) remove(before);
        continue;
      }
      const { resource } = operation;
      if (before !== undefined && versionOf(before.resource) === versionOf(resource)) continue;
      if (before !== undefined && before.resource.uid !== resource.uid) {
        remove(before);
        before = undefined;
      }
      const type = before === undefined ? 'added' : 'modified';
      all.set(key, { resource, entryId: emit(`resource.${type}`, resource) });
      counts[type] += 1;
    }
    return { number, counts };
  }

  override async reloaded(hold: MirrorHold, kind: KubernetesKind): Promise<Written> {
    const number = this.numberOfWrite(hold);
    this.feed.emit((entryId) => ({ type: 'reloaded', entryId, kind }));
    this.reloads.delete(kind);
    return { number };
  }

  override async publish(hold: MirrorHold, freshness: FreshnessByKind): Promise<Written> {
    const number = this.numberOfWrite(hold);
    this.freshness = { ...this.freshness, ...freshness };
    this.feed.emit((entryId) => ({ type: 'freshness', entryId, freshness }));
    return { number };
  }

  override async adopt(hold: MirrorHold, cluster: ClusterIdentity): Promise<Written> {
    const number = this.numberOfWrite(hold);
    this.cluster = cluster;
    return { number };
  }

  override async head(): Promise<StoreHead> {
    return {
      position: this.feed.position(),
      freshness: this.freshness,
      cluster: this.cluster,
      reloading: [...this.reloads],
      latestWrite: this.latestWrite,
      isFollowed: (await this.locks.holder(KUBERNETES_LOCK)) !== null,
    };
  }

  override async *load(kind: KubernetesKind): AsyncIterable<readonly StoredResource[]> {
    const all = [...this.of(kind).values()];
    for (let from = 0; from === 0 || from < all.length; from += PAGE) yield all.slice(from, from + PAGE);
  }

  override watch(position: string, signal: AbortSignal): AsyncIterable<FeedPiece> {
    return this.feed.follow(position, signal);
  }

  override async eventsAfter(id: string, limit: number): Promise<readonly ResourceEvent[] | null> {
    const entries = streamPosition(id) === null ? null : this.feed.after(id);
    if (entries === null) return null;
    const events: ResourceEvent[] = [];
    for (const entry of entries) {
      if (events.length === limit) break;
      if (entry.type === 'reloaded') return null;
      if (entry.type === 'freshness' || entry.event.resource === null) continue;
      const { type, at, resource } = entry.event;
      events.push({ id: entry.entryId, type, at, resource });
    }
    return events;
  }

  private of(kind: KubernetesKind): Map<ResourceKey, StoredResource> {
    let all = this.resources.get(kind);
    if (all === undefined) this.resources.set(kind, (all = new Map()));
    return all;
  }

  private numberOfWrite(hold: MirrorHold): number {
    if (!this.locks.holds(hold)) throw new LockLostError(hold.name);
    if (this.latestWrite < hold.latestWrite) throw new WritesLostError();
    this.latestWrite += 1;
    return this.latestWrite;
  }
}

/** The feed of one process. Ids never go back, even when the clock does. */
class MemoryFeed {
  private readonly entries: FeedEntry[] = [];
  private readonly waiting = new Set<() => void>();
  private wasTrimmed = false;
  private lastMs = 0;
  private lastInMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
  ) {}

  position(): string {
    return this.entries.at(-1)?.entryId ?? START;
  }

  emitChange(type: ResourceEventType, at: Timestamp, resource: Resource): string {
    const { kind, key } = resource;
    return this.emit((entryId) => ({ type: 'change', entryId, event: { type, at, kind, key, resource } }));
  }

  emit(make: (entryId: string) => FeedEntry): string {
    const now = Math.max(this.clock.now(), this.lastMs);
    this.lastInMs = now === this.lastMs ? this.lastInMs + 1 : 0;
    this.lastMs = now;
    const id = `${now}-${this.lastInMs}`;
    this.entries.push(make(id));
    if (this.entries.length > this.limit + SLACK) {
      this.entries.splice(0, this.entries.length - this.limit);
      this.wasTrimmed = true;
    }
    for (const wake of this.waiting) wake();
    this.waiting.clear();
    return id;
  }

  /** @returns null when some may be lost */
  after(position: string): readonly FeedEntry[] | null {
    if (position === START) return this.wasTrimmed ? null : this.entries.slice();
    // Most readers are close behind the latest entry.
    const place = this.entries.findLastIndex(({ entryId }) => entryId === position);
    return place === -1 ? null : this.entries.slice(place + 1);
  }

  async *follow(from: string, signal: AbortSignal): AsyncGenerator<FeedPiece> {
    let position = from;
    while (!signal.aborted) {
      const entries = this.after(position);
      if (entries === null) {
        position = this.position();
        yield { type: 'lost', position };
      } else if (entries.length > 0) {
        position = entries.at(-1)?.entryId ?? position;
        yield { type: 'entries', entries, position };
      } else {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.waiting.add(resolve);
        await untilAborted(promise, signal);
        this.waiting.delete(resolve);
      }
    }
  }
}
