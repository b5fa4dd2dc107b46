/** The metrics of the sync: counters of finished runs and gauges of its present state. */
import { INSTANCE_STATUSES, InstanceRecords, StoreUnavailableError } from '@app/instance-store';
import { SYNC_TRIGGERS, type SyncTrigger } from '@app/jobs';
import { Clock, MetricsRegistry, msFromTimestamp } from '@app/platform';
import { type ChangeCounts, effectiveRun, NO_CHANGES, SyncStatusView } from '@app/sync-status';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { SyncAction } from '../model/sync-run.js';

type CountedAction = Exclude<SyncAction, 'leave'>;

/** Counts finished runs, in the process that ran them. Dry runs are not counted. */
@Injectable()
export class SyncMetrics {
  private readonly runs: Counter<'trigger' | 'outcome'>;
  private readonly durations: Histogram;
  private readonly changes: Counter<'action'>;

  constructor(registry: MetricsRegistry) {
    const registers = [registry];
    this.runs = new Counter({
      name: 'novita_fleet_sync_runs_total',
      help: 'Finished runs of the sync by what asked for them and how they ended',
      labelNames: ['trigger', 'outcome'],
      registers,
    });
    this.durations = new Histogram({
      name: 'novita_fleet_sync_duration_seconds',
      help: 'How long runs of the sync took',
      buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900],
      registers,
    });
    this.changes = new Counter({
      name: 'novita_fleet_sync_changes_total',
      help: 'Records that the sync changed, by action; an adopted one that had lost its record is created as well',
      labelNames: ['action'],
      registers,
    });
    // An alert on an increase needs the 0 before the first one.
    for (const trigger of SYNC_TRIGGERS) {
      for (const outcome of ['completed', 'failed'] as const) this.runs.inc({ trigger, outcome }, 0);
    }
    for (const action of Object.keys(countsOf(NO_CHANGES))) this.changes.inc({ action }, 0);
  }

  /** @param durationMs from its beginning to its end */
  runEnded(
    run: { readonly trigger: SyncTrigger; readonly outcome: 'completed' | 'failed'; readonly durationMs: number },
    changes: ChangeCounts,
  ): void {
    this.runs.inc({ trigger: run.trigger, outcome: run.outcome });
    this.durations.observe(run.durationMs / 1_000);
    for (const [action, count] of Object.entries(countsOf(changes))) this.changes.inc({ action }, count);
  }
}

function countsOf(changes: ChangeCounts): Readonly<Record<CountedAction, number>> {
  return {
    update: changes.updated,
    create: changes.created,
    adopt: changes.adopted,
    remove: changes.removed,
    'mark-terminated': changes.markedTerminated,
  };
}

/** Shows the state of the sync and the number of instances, read when Prometheus asks. */
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
            // The other metrics matter most when the store is away.
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
        name: 'novita_fleet_instances_age_seconds',
        help: 'Age of the latest listing of instances that was carried through; absent before the first',
        registers: [],
        collect() {
          const { instancesAsOf } = view.current().run;
          if (instancesAsOf === null) this.remove();
          else this.set(Math.max(0, clock.now() - msFromTimestamp(instancesAsOf)) / 1_000);
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
