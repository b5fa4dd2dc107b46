import { Clock, IdGenerator, ProcessIdentity } from '@app/platform';
import { LockKeeper } from '@app/redis';
import { KubernetesSync } from '@app/sync-status';
import { Module } from '@nestjs/common';
import { SERVICE_ACCOUNT_FOLDER } from './client/cluster-access.js';
import { KubernetesSettings } from './kubernetes.settings.js';
import { KubernetesStoreModule } from './kubernetes-source.module.js';
import { AskedFor } from './run/asked-for.js';
import { ClusterReflectorSource } from './run/cluster-reflector-source.js';
import { KubernetesCounters } from './run/kubernetes-counters.js';
import { KubernetesRunner, type RunnerOptions } from './run/kubernetes-runner.js';
import { ReflectorSource } from './run/reflector-source.js';
import { PublishedRuns, RunReports } from './run/run-reporter.js';
import { ResourceStore } from './store/resource-store.js';

const TICK_MS = 1_000;
const LOCK_POLL_MS = 5_000;

/** Follows the cluster, in one worker at a time. Null while KUBERNETES_SOURCE is off: no connection, no timer. For workers only. */
@Module({
  imports: [KubernetesStoreModule],
  providers: [
    KubernetesCounters,
    {
      provide: RunReports,
      inject: [KubernetesSync, IdGenerator, Clock],
      useFactory: (sync: KubernetesSync | null, ids: IdGenerator, clock: Clock): RunReports | null =>
        sync === null ? null : new PublishedRuns(sync.store, ids, clock),
    },
    {
      provide: AskedFor,
      inject: [KubernetesSync, KubernetesRunner, Clock],
      useFactory: (sync: KubernetesSync | null, runner: KubernetesRunner | null, clock: Clock): AskedFor | null =>
        sync === null || runner === null ? null : new AskedFor(sync, runner, clock),
    },
    {
      provide: ReflectorSource,
      inject: [KubernetesSettings, Clock, KubernetesCounters],
      useFactory: (settings: KubernetesSettings, clock: Clock, counters: KubernetesCounters): ReflectorSource =>
        new ClusterReflectorSource(
          {
            kubeconfig: settings.KUBECONFIG,
            context: settings.KUBERNETES_CONTEXT,
            serviceHost: settings.KUBERNETES_SERVICE_HOST,
            servicePort: settings.KUBERNETES_SERVICE_PORT,
            serviceAccountFolder: SERVICE_ACCOUNT_FOLDER,
            allowsInsecureTls: settings.KUBERNETES_ALLOW_INSECURE_TLS,
          },
          clock,
          counters,
        ),
    },
    {
      provide: KubernetesRunner,
      inject: [
        KubernetesSettings,
        ResourceStore,
        LockKeeper,
        ReflectorSource,
        RunReports,
        KubernetesCounters,
        Clock,
        ProcessIdentity,
      ],
      useFactory: (
        settings: KubernetesSettings,
        ...[store, locks, reflectors, reports, counters, clock, identity]: [
          ResourceStore,
          LockKeeper,
          ReflectorSource,
          RunReports,
          KubernetesCounters,
          Clock,
          ProcessIdentity,
        ]
      ): KubernetesRunner | null =>
        settings.KUBERNETES_SOURCE
          ? new KubernetesRunner(store, locks, reflectors, reports, counters, clock, identity, optionsOf(settings))
          : null,
    },
  ],
  exports: [KubernetesRunner],
})
export class KubernetesSourceWorkerModule {}

function optionsOf(settings: KubernetesSettings): RunnerOptions {
  return {
    namespaces: {
      included: settings.KUBERNETES_NAMESPACES,
      excluded: settings.KUBERNETES_EXCLUDE_NAMESPACES,
    },
    maxRemovedPercent: settings.KUBERNETES_MAX_REMOVED_PERCENT,
    tickMs: TICK_MS,
    lockTtlMs: settings.KUBERNETES_LOCK_TTL,
    lockPollMs: LOCK_POLL_MS,
  };
}
