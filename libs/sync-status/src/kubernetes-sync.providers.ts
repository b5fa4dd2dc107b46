import { Clock, HealthIndicatorRegistry, IdGenerator } from '@app/platform';
import { LockKeeper, MemoryLockKeeper, RedisConnections, RedisSettings } from '@app/redis';
import { type FactoryProvider, Inject, Injectable, type OnModuleInit, type Provider } from '@nestjs/common';
import { SyncIndicator, SyncLockIndicator } from './health/sync-health.js';
import type { SourceDescription } from './model/sync-status.js';
import { KubernetesSync } from './requests/kubernetes-sync.js';

/** The cluster is followed for as long as somebody runs, so that no run is overdue. */
const NORM = { items: 'resources', automatic: false, intervalMs: 0 } as const;

/** Shows the sync with the cluster and its lock, as those of Novita are shown; nothing where Kubernetes is off. */
@Injectable()
class KubernetesSyncHealth implements OnModuleInit {
  constructor(
    @Inject(KubernetesSync) private readonly sync: KubernetesSync | null,
    private readonly locks: LockKeeper,
    private readonly clock: Clock,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    if (this.sync === null) return;
    const { locks, clock, registry } = this;
    const { source, view } = this.sync;
    const followed = async (): Promise<boolean> => (await locks.holder(source.lock)) !== null;
    new SyncIndicator('kubernetesSync', view, clock, NORM, registry, followed).onModuleInit();
    new SyncLockIndicator('kubernetesSyncLock', source.lock, locks, clock, registry).onModuleInit();
  }
}

/**
 * `KubernetesSync`, null where Kubernetes is off, and its health indicators. To be provided once in a process; needs the
 * platform and Redis, both global.
 *
 * @param source the cluster, as its library describes it
 * @param isOn by the settings
 */
export function kubernetesSyncProviders(
  source: SourceDescription,
  isOn: Pick<FactoryProvider<boolean>, 'useFactory' | 'inject'>,
): readonly Provider[] {
  return [
    { provide: IS_ON, useFactory: isOn.useFactory, inject: isOn.inject ?? [] },
    {
      provide: KubernetesSync,
      useFactory: (
        on: boolean,
        connections: RedisConnections | null,
        redis: RedisSettings,
        clock: Clock,
        ids: IdGenerator,
        locks: MemoryLockKeeper,
      ): KubernetesSync | null => (on ? KubernetesSync.of(source, { connections, redis, clock, ids, locks }) : null),
      inject: [IS_ON, RedisConnections, RedisSettings, Clock, IdGenerator, MemoryLockKeeper],
    },
    KubernetesSyncHealth,
  ];
}

const IS_ON = Symbol('whether Kubernetes is a source');
