import type { Timestamp } from '@app/platform';
import type { KubernetesKind } from '../model/kinds.js';
import type { Resource, ResourceEvent, ResourceKey } from '../model/resource.js';

/** How far what this process knows of one kind can be trusted. */
export interface KindFreshness {
  /** Resources of the kind. */
  readonly count: number;
  /** When the mirror last agreed with the cluster (the latest bookmark, change or full set); null before the first full set. */
  readonly asOf: Timestamp | null;
  /** Whether the cluster cannot be followed at present, so that `asOf` stands still. */
  readonly isStale: boolean;
  /** Why it cannot be followed, in one line. */
  readonly error: string | null;
}

export interface ResourceQuery {
  /** Null for all namespaces. */
  readonly namespace: string | null;
  /** Which resources are wanted; null for all. */
  readonly matches: ((resource: Resource) => boolean) | null;
  /** The list goes on after this key; null begins it. */
  readonly after: ResourceKey | null;
  readonly limit: number;
}

export interface ResourcePage {
  readonly items: readonly Resource[];
  /** Where the next page begins; null when there is no more. A page may be short of its limit: a look-up reads so many at a time. */
  readonly next: ResourceKey | null;
}

/** This process's own copy of the mirrored resources. Nothing here costs a round trip. */
export abstract class KubernetesView {
  /** Whether the copy has been loaded; before that every list is empty and means nothing. */
  abstract isLoaded(): boolean;
  /** In the order of their keys. */
  abstract page(kind: KubernetesKind, query: ResourceQuery): ResourcePage;
  abstract get(kind: KubernetesKind, key: ResourceKey): Resource | null;
  abstract freshness(kind: KubernetesKind): KindFreshness;
  /** Calls with every change, in order. @returns ends it */
  abstract subscribe(listener: (events: readonly ResourceEvent[]) => void): () => void;
  /** @returns null when the changes after `id` are not kept any more */
  abstract eventsAfter(id: string, limit: number): Promise<readonly ResourceEvent[] | null>;
  /** Of the latest change that this copy has; `0-0` before the first. */
  abstract position(): string;
}
