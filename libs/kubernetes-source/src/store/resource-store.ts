import type { Timestamp } from '@app/platform';
import type { LockHold } from '@app/redis';
import { KINDS, type KubernetesKind } from '../model/kinds.js';
import type { Resource, ResourceEvent, ResourceKey } from '../model/resource.js';
import { PROJECTION_FORM } from '../projection/projection.js';

/** Held by the one worker that follows the cluster; every write proves it. */
export const KUBERNETES_LOCK = 'kubernetes';
/** Entries of the feed that are kept, about. */
export const RESOURCE_FEED_LIMIT = 10_000;
/** Operations of one batch at most: each holds up Redis while it is carried out. */
export const MAX_OPERATIONS = 200;

/** Proves that its holder may write. */
export interface MirrorHold extends LockHold {
  /** Number of the latest write that was answered, or that stood in the head that was read; 0 before the first. */
  readonly latestWrite: number;
}

export interface Written {
  /** Greater with every write, whoever makes it. */
  readonly number: number;
}

export interface WrittenBatch extends Written {
  readonly counts: ChangeCounts;
}

/** `<uid> <form>.<resourceVersion>`: two projections of equal versions are equal. */
export function versionOf({ uid, resourceVersion }: Pick<Resource, 'uid' | 'resourceVersion'>): string {
  return `${uid} ${PROJECTION_FORM}.${resourceVersion}`;
}

export interface StoredVersion {
  readonly key: ResourceKey;
  /** As `versionOf` writes it; another text for what cannot be read any more, which is then to be written anew. */
  readonly version: string;
}

export interface StoredResource {
  readonly resource: Resource;
  /** It is as after this entry of the feed, or a later one. */
  readonly entryId: string;
}

export type Operation =
  | { readonly type: 'put'; readonly resource: Resource }
  | { readonly type: 'remove'; readonly key: ResourceKey };

export interface ResourceBatch {
  readonly kind: KubernetesKind;
  /** At most `MAX_OPERATIONS`, carried out in order. One that changes nothing is passed over, so a batch may be repeated. */
  readonly operations: readonly Operation[];
  /** Makes no entry for each change in the feed: `reloaded` is to follow, if need be by another worker. */
  readonly isSilent: boolean;
}

export interface ChangeCounts {
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
}

/** What the worker knows of how well it follows a kind. */
export interface StoredFreshness {
  readonly asOf: Timestamp | null;
  /** Why the kind cannot be followed, or is held; null while it is followed or read. */
  readonly error: string | null;
}

export type FreshnessByKind = Readonly<Partial<Record<KubernetesKind, StoredFreshness>>>;

/** By what a cluster is known again. */
export interface ClusterIdentity {
  /** Of its oldest namespace, which lives as long as the cluster; null where it may not be read. */
  readonly uid: string | null;
  /** The address by which it is reached, and what its certificates are checked by. */
  readonly address: string;
}

export interface StoreHead {
  /** Of the latest entry of the feed; `0-0` before the first. */
  readonly position: string;
  readonly freshness: FreshnessByKind;
  /** Of which cluster the mirror is; null while that was never known. */
  readonly cluster: ClusterIdentity | null;
  /** Kinds of which changes were written silently, and no `reloaded` has followed yet. */
  readonly reloading: readonly KubernetesKind[];
  /** Number of the latest write; 0 before the first. */
  readonly latestWrite: number;
  /** Whether a worker holds the lock. */
  readonly isFollowed: boolean;
}

export type FeedEntry =
  | {
      readonly type: 'change';
      readonly entryId: string;
      readonly event: ResourceEventOf;
    }
  /** So much has changed that the kind is to be read anew. */
  | { readonly type: 'reloaded'; readonly entryId: string; readonly kind: KubernetesKind }
  /** Of the kinds that changed; of none when the worker only shows that it lives. */
  | { readonly type: 'freshness'; readonly entryId: string; readonly freshness: FreshnessByKind };

/** A change as the feed has it. */
interface ResourceEventOf {
  readonly type: ResourceEvent['type'];
  readonly at: Timestamp;
  readonly kind: KubernetesKind;
  readonly key: ResourceKey;
  /** Null when it cannot be read: then it is to be read anew. */
  readonly resource: Resource | null;
}

export type FeedPiece =
  | { readonly type: 'entries'; readonly entries: readonly FeedEntry[]; readonly position: string }
  /** Entries may be lost; it goes on after this position. */
  | { readonly type: 'lost'; readonly position: string };

/** The store cannot be asked at present; nothing is known of what a write has done. */
export class ResourceStoreUnavailableError extends Error {
  override readonly name = 'ResourceStoreUnavailableError';
}

/** The store has acknowledged writes, and does not have them any more: what is stored is not what was written. */
export class WritesLostError extends Error {
  override readonly name = 'WritesLostError';

  constructor() {
    super('the store has lost writes that it had acknowledged; what it still has is compared with the cluster anew');
  }
}

/**
 * The mirror of a cluster: what is kept of each object, how fresh each kind is, and a feed of all changes.
 *
 * Every method may throw a `ResourceStoreUnavailableError`, and those that take a hold a `LockLostError` or a
 * `WritesLostError`: then nothing was written.
 */
export abstract class ResourceStore {
  /** Pages of what is stored of a kind. What changes meanwhile may be there or not. */
  abstract versions(kind: KubernetesKind): AsyncIterable<readonly StoredVersion[]>;

  abstract write(hold: MirrorHold, batch: ResourceBatch): Promise<WrittenBatch>;

  /** Ends a series of silent writes. */
  abstract reloaded(hold: MirrorHold, kind: KubernetesKind): Promise<Written>;

  /** Shows how fresh these kinds are, and that the worker lives. */
  abstract publish(hold: MirrorHold, freshness: FreshnessByKind): Promise<Written>;

  /** From now on the mirror is of this cluster. */
  abstract adopt(hold: MirrorHold, cluster: ClusterIdentity): Promise<Written>;

  abstract head(): Promise<StoreHead>;

  /**
   * Pages of a kind, each object as of the beginning or later. One that is removed or added meanwhile may be there or not.
   * What cannot be read is left out, with a line in the log.
   */
  abstract load(kind: KubernetesKind): AsyncIterable<readonly StoredResource[]>;

  /**
   * Every entry after that one as it comes, until the signal ends it.
   *
   * @param onInterruption called with the reason when the feed cannot be read, and with null when it can be, as at first
   */
  abstract watch(
    position: string,
    signal: AbortSignal,
    onInterruption: (reason: string | null) => void,
  ): AsyncIterable<FeedPiece>;

  /** @returns null when the changes after `id` are not kept any more, or not one by one */
  abstract eventsAfter(id: string, limit: number): Promise<readonly ResourceEvent[] | null>;
}

/** @returns null for what a kind of this release is not called */
export function kindNamed(name: string | undefined): KubernetesKind | null {
  return name !== undefined && Object.hasOwn(KINDS, name) ? (name as KubernetesKind) : null;
}
