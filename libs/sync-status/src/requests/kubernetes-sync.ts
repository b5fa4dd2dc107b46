import type { Clock, IdGenerator } from '@app/platform';
import { MemoryLockKeeper, RedisConnections, RedisSettings } from '@app/redis';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { SourceDescription, SyncPause } from '../model/sync-status.js';
import { MemorySyncStatusStore } from '../store/memory-sync-status-store.js';
import { RedisSyncStatusStore } from '../store/redis-sync-status-store.js';
import type { SyncStatusStore } from '../store/sync-status-store.js';
import { FollowingSyncStatusView, type SyncStatusView } from '../view/sync-status-view.js';
import { MemoryRelistQueue } from './memory-relist-queue.js';
import { RedisRelistQueue } from './redis-relist-queue.js';
import type { RelistQueue, RelistRequest } from './relist-queue.js';

interface Caller {
  readonly keyName: string;
}

/** What callers ask of the sync with a cluster. All methods throw `SyncStatusUnavailableError`. */
export abstract class KubernetesSyncRequests {
  /**
   * Has the worker that follows the cluster read a part of it anew. It waits while nobody follows the cluster.
   * @returns the id of the request
   */
  abstract relist(request: RelistRequest, caller: Caller): Promise<string>;
  /** The cluster is not followed until it is resumed, also over restarts. A second pause keeps the first one. */
  abstract pause(caller: Caller): Promise<SyncPause>;
  abstract resume(): Promise<void>;
}

/** Leaves requests where the worker that follows the cluster finds them. */
export class StoredKubernetesSyncRequests extends KubernetesSyncRequests {
  constructor(
    private readonly store: SyncStatusStore,
    private readonly queue: RelistQueue,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async relist({ kinds, namespaces, force }: RelistRequest, { keyName }: Caller): Promise<string> {
    const id = this.ids.ulid();
    const at = this.clock.timestamp();
    await this.queue.put({ id, requestedBy: `user:${keyName}`, at, kinds, namespaces, force });
    return id;
  }

  override async pause({ keyName }: Caller): Promise<SyncPause> {
    const wanted: SyncPause = { since: this.clock.timestamp(), by: `user:${keyName}` };
    return (await this.store.setPaused(wanted)) ?? wanted;
  }

  override async resume(): Promise<void> {
    await this.store.setPaused(null);
  }
}

/** Events carry the progress of every namespace, so that fewer are kept than of Novita. */
const EVENT_LIMIT = 200;

/** What the sync with a cluster keeps its status and its requests in. */
export interface KubernetesSyncPlaces {
  readonly connections: RedisConnections | null;
  readonly redis: Pick<RedisSettings, 'REDIS_KEY_PREFIX'>;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  /** Of this process, heeded without Redis. */
  readonly locks: MemoryLockKeeper;
}

/**
 * The sync with a cluster, as one process has it. As a token it is null where Kubernetes is off; a module that provides it
 * has its copy of the status follow the store for as long as the process lives.
 */
export class KubernetesSync implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly view: SyncStatusView;
  private readonly following: FollowingSyncStatusView;

  constructor(
    readonly source: SourceDescription,
    readonly store: SyncStatusStore,
    /** Read by the worker. */
    readonly relists: RelistQueue,
    readonly requests: KubernetesSyncRequests,
  ) {
    this.following = new FollowingSyncStatusView(store);
    this.view = this.following;
  }

  /** In Redis, or in the memory of this process where there is none. */
  static of(
    source: SourceDescription,
    { connections, redis, clock, ids, locks }: KubernetesSyncPlaces,
  ): KubernetesSync {
    const keyPrefix = redis.REDIS_KEY_PREFIX;
    const limits = { eventLimit: EVENT_LIMIT };
    const store =
      connections === null
        ? new MemorySyncStatusStore(source, clock, { locks, feed: null, ...limits })
        : new RedisSyncStatusStore(source, connections, clock, { keyPrefix, ...limits });
    const relists = connections === null ? new MemoryRelistQueue() : new RedisRelistQueue(connections, keyPrefix);
    return new KubernetesSync(source, store, relists, new StoredKubernetesSyncRequests(store, relists, ids, clock));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.following.onApplicationBootstrap();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.following.onApplicationShutdown();
  }
}
