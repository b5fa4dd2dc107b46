import { MetricsRegistry } from '@app/platform';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { INSTANCE_STATUSES } from './instance-status.js';
import { InstanceStore, StoreUnavailableError } from './instance-store.port.js';

/** How many instances there are, by status; read from the store's counters when Prometheus asks. */
@Injectable()
export class InstanceGauge implements OnModuleInit {
  constructor(
    @Inject(InstanceStore) private readonly store: InstanceStore,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { store } = this;
    const gauge = new Gauge({
      name: 'novita_fleet_instances',
      help: 'Instances by status; absent while the store is away',
      labelNames: ['status'],
      registers: [],
      async collect() {
        this.reset();
        try {
          const { byStatus } = await store.counts();
          for (const status of INSTANCE_STATUSES) this.set({ status }, byStatus[status]);
        } catch (error) {
          // The other metrics are wanted most when the store is away.
          if (!(error instanceof StoreUnavailableError)) throw error;
        }
      },
    });
    this.registry.registerMetric(gauge);
  }
}
