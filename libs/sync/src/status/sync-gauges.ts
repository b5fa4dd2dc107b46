import { INSTANCE_STATUSES, InstanceRecords, StoreUnavailableError } from '@app/instance-store';
import { Clock, MetricsRegistry, msFromTimestamp } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { effectiveRun } from './effective-run.js';
import { SyncStatusView } from './sync-status-view.js';

/** How the sync stands and how many instances it has shown, worked out when Prometheus asks. */
@Injectable()
export class SyncGauges implements OnModuleInit {
  constructor(
    private readonly view: SyncStatusView,
    private readonly records: InstanceRecords,
    private readonly clock: Clock,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { view, records, clock, registry } = this;
    registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_instances',
        help: 'Instances by status; absent while the store is away and until a listing has completed',
        labelNames: ['status'],
        registers: [],
        async collect() {
          this.reset();
          if (view.current().run.instancesAsOf === null) return;
          try {
            const { byStatus } = await records.counts();
            for (const status of INSTANCE_STATUSES) this.set({ status }, byStatus[status]);
          } catch (error) {
            // The other metrics are wanted most when the store is away.
            if (!(error instanceof StoreUnavailableError)) throw error;
          }
        },
      }),
    );
    registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_sync_last_success_age_seconds',
        help: 'Time since the latest run of the sync that completed; absent before the first',
        registers: [],
        collect() {
          const { lastSuccess } = view.current().run;
          if (lastSuccess === null) this.remove();
          else this.set(Math.max(0, clock.now() - msFromTimestamp(lastSuccess.endedAt)) / 1_000);
        },
      }),
    );
    registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_sync_held',
        help: 'Whether a listing is held back because it lacks too many instances: 1 or 0',
        registers: [],
        collect() {
          this.set(view.current().run.held === null ? 0 : 1);
        },
      }),
    );
    registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_sync_in_progress',
        help: 'Whether a run of the sync is under way: 1 or 0',
        registers: [],
        collect() {
          this.set(effectiveRun(view.current().run, clock.now()).state === 'in_progress' ? 1 : 0);
        },
      }),
    );
  }
}
