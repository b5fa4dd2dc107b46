import {
  type KindFreshness,
  type KubernetesKind,
  KubernetesView,
  type Resource,
  type ResourceEvent,
  type ResourceEventType,
  type ResourceKey,
  type ResourcePage,
  type ResourceQuery,
  resourceKey,
} from '@app/kubernetes-source';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { compareEventIds } from '../../src/core/sse/sse-format.js';

interface ResourceParts {
  readonly namespace?: string | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: object;
  readonly status?: object;
}

/** A resource as the mirror keeps it. */
export function aResource(
  kind: KubernetesKind,
  name: string,
  { namespace = 'default', labels = {}, spec = {}, status = {} }: ResourceParts = {},
): Resource {
  const place = kind === 'Node' || kind === 'Namespace' ? null : namespace;
  const uid = `uid-of-${name}`;
  const metadata = { name, ...(place !== null && { namespace: place }), uid, resourceVersion: '7', labels };
  return {
    kind,
    key: resourceKey(place, name),
    namespace: place,
    name,
    uid,
    resourceVersion: '7',
    labels,
    json: JSON.stringify({ apiVersion: 'v1', kind, metadata, spec, status }),
  };
}

/** A mirror in the memory of one process, with a feed of its own. */
export class FakeKubernetes extends KubernetesView {
  loaded = true;
  /** Resources that one page looks at. */
  looksAt = 5_000;
  /** Events up to this id are not kept any more. */
  trimmedTo: string | null = null;
  readonly kept: ResourceEvent[] = [];
  private readonly resources = new Map<KubernetesKind, Map<ResourceKey, Resource>>();
  private readonly told = new Map<KubernetesKind, Partial<KindFreshness>>();
  private readonly listeners = new Set<(events: readonly ResourceEvent[]) => void>();

  get subscriptions(): number {
    return this.listeners.size;
  }

  /** Puts them there without an event. */
  put(...resources: readonly Resource[]): void {
    for (const resource of resources) this.ofKind(resource.kind).set(resource.key, resource);
  }

  clear(): void {
    this.resources.clear();
    this.told.clear();
    this.kept.length = 0;
    this.loaded = true;
    this.trimmedTo = null;
    this.looksAt = 5_000;
  }

  say(kind: KubernetesKind, freshness: Partial<KindFreshness>): void {
    this.told.set(kind, freshness);
  }

  /** Changes a resource, and pushes that to this process. */
  change(id: string, type: ResourceEventType, resource: Resource): ResourceEvent {
    if (type === 'resource.deleted') this.ofKind(resource.kind).delete(resource.key);
    else this.put(resource);
    const event: ResourceEvent = { id, type, at: timestampFromMs(Number(id.split('-')[0])), resource };
    this.kept.push(event);
    for (const listener of this.listeners) listener([event]);
    return event;
  }

  override isLoaded(): boolean {
    return this.loaded;
  }

  override page(kind: KubernetesKind, { namespace, matches, after, limit }: ResourceQuery): ResourcePage {
    const items: Resource[] = [];
    let looked = 0;
    let previous: ResourceKey | null = after;
    for (const key of [...this.ofKind(kind).keys()].toSorted()) {
      const resource = this.ofKind(kind).get(key);
      if (resource === undefined || (after !== null && key <= after)) continue;
      if (namespace !== null && resource.namespace !== namespace) continue;
      if (items.length === limit || looked === this.looksAt) return { items, next: previous };
      looked++;
      previous = key;
      if (matches === null || matches(resource)) items.push(resource);
    }
    return { items, next: null };
  }

  override get(kind: KubernetesKind, key: ResourceKey): Resource | null {
    return this.ofKind(kind).get(key) ?? null;
  }

  override freshness(kind: KubernetesKind): KindFreshness {
    const asOf = '2026-01-01T11:59:30.000Z' as Timestamp;
    return { count: this.ofKind(kind).size, asOf, isStale: false, error: null, ...this.told.get(kind) };
  }

  override subscribe(listener: (events: readonly ResourceEvent[]) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  override async eventsAfter(id: string, limit: number): Promise<readonly ResourceEvent[] | null> {
    if (this.trimmedTo !== null && compareEventIds(id, this.trimmedTo) < 0) return null;
    return this.kept.filter((event) => compareEventIds(event.id, id) > 0).slice(0, limit);
  }

  override position(): string {
    return this.kept.at(-1)?.id ?? '0-0';
  }

  private ofKind(kind: KubernetesKind): Map<ResourceKey, Resource> {
    const known = this.resources.get(kind) ?? new Map<ResourceKey, Resource>();
    this.resources.set(kind, known);
    return known;
  }
}
