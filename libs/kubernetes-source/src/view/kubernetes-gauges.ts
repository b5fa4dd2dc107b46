import { Clock, MetricsRegistry, msFromTimestamp } from '@app/platform';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { KUBERNETES_KINDS } from '../model/kinds.js';
import { KubernetesView } from './kubernetes-view.js';

/** How much of a cluster this process holds, and how old that is; read when Prometheus asks. No series while Kubernetes is off. */
@Injectable()
export class KubernetesGauges implements OnModuleInit {
  constructor(
    @Inject(KubernetesView) private readonly view: KubernetesView | null,
    private readonly clock: Clock,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { view, clock, registry } = this;
    registry.registerMetric(
      new Gauge({
        name: 'novita_fleet_kubernetes_resources',
        help: 'Resources of a Kubernetes cluster that this process holds in memory, by kind; absent until it has read them',
        labelNames: ['kind'],
        registers: [],
        collect() {
          this.reset();
          if (view?.isLoaded() !== true) return;
          for (const kind of KUBERNETES_KINDS) this.set({ kind }, view.freshness(kind).count);
        },
      }),
    );
    registry.registerMetric(
      new Gauge({
        name: 'novita_fleet_kubernetes_age_seconds',
        help: 'Time since the mirror last agreed with the Kubernetes cluster, by kind; absent for kinds that were never read',
        labelNames: ['kind'],
        registers: [],
        collect() {
          this.reset();
          for (const kind of KUBERNETES_KINDS) {
            const asOf = view?.freshness(kind).asOf ?? null;
            if (asOf !== null) this.set({ kind }, Math.max(0, clock.now() - msFromTimestamp(asOf)) / 1_000);
          }
        },
      }),
    );
    registry.registerMetric(
      new Gauge({
        name: 'novita_fleet_kubernetes_stale',
        help: 'Whether the Kubernetes cluster cannot be followed at present, by kind: 1 or 0; absent while Kubernetes is off',
        labelNames: ['kind'],
        registers: [],
        collect() {
          this.reset();
          if (view === null) return;
          for (const kind of KUBERNETES_KINDS) this.set({ kind }, view.freshness(kind).isStale ? 1 : 0);
        },
      }),
    );
  }
}
