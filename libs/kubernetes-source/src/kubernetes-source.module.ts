import { Clock } from '@app/platform';
import { MemoryLockKeeper, RedisConnections, RedisSettings } from '@app/redis';
import { KubernetesSync, kubernetesSyncProviders, type SourceDescription } from '@app/sync-status';
import { Module } from '@nestjs/common';
import { KubernetesSettings } from './kubernetes.settings.js';
import { KUBERNETES_KINDS } from './model/kinds.js';
import { MemoryResourceStore } from './store/memory-resource-store.js';
import { RedisResourceStore } from './store/redis-resource-store.js';
import { KUBERNETES_LOCK, ResourceStore } from './store/resource-store.js';
import { KubernetesGauges } from './view/kubernetes-gauges.js';
import { KubernetesView } from './view/kubernetes-view.js';
import { LoadedKubernetesView } from './view/loaded-view.js';

/** The cluster, as the shared status of the sync sees it. */
const CLUSTER: SourceDescription = { source: 'kubernetes', kinds: KUBERNETES_KINDS, lock: KUBERNETES_LOCK };

/** Provides `ResourceStore` and `KubernetesSync`, its status (null while KUBERNETES_SOURCE is off): shared through Redis, or the process's own where there is none. Connects to nothing by itself. */
@Module({
  providers: [
    {
      provide: ResourceStore,
      inject: [RedisConnections, RedisSettings, Clock, MemoryLockKeeper],
      useFactory: (
        connections: RedisConnections | null,
        settings: RedisSettings,
        clock: Clock,
        locks: MemoryLockKeeper,
      ): ResourceStore =>
        connections === null
          ? new MemoryResourceStore(clock, locks)
          : new RedisResourceStore(connections, clock, { keyPrefix: settings.REDIS_KEY_PREFIX }),
    },
    ...kubernetesSyncProviders(CLUSTER, {
      useFactory: ({ KUBERNETES_SOURCE }: KubernetesSettings) => KUBERNETES_SOURCE,
      inject: [KubernetesSettings],
    }),
  ],
  exports: [KubernetesSync, ResourceStore],
})
export class KubernetesStoreModule {}

/**
 * Provides `KubernetesView`, the copy that an API process keeps of the mirror; null while KUBERNETES_SOURCE is off, which then
 * costs nothing. Needs the platform and Redis modules, both global.
 */
@Module({
  imports: [KubernetesStoreModule],
  providers: [
    {
      provide: KubernetesView,
      inject: [KubernetesSettings, ResourceStore, Clock],
      useFactory: ({ KUBERNETES_SOURCE }: KubernetesSettings, store: ResourceStore, clock: Clock) =>
        KUBERNETES_SOURCE ? new LoadedKubernetesView(store, clock) : null,
    },
    KubernetesGauges,
  ],
  exports: [KubernetesStoreModule, KubernetesView],
})
export class KubernetesSourceModule {}
