import { SYNC_TRIGGERS, type SyncTrigger } from '@app/jobs';
import { MetricsRegistry } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';

import { type ChangeCounts, NO_CHANGES, type SyncAction } from '../run/sync-report.js';

type CountedAction = Exclude<SyncAction, 'leave'>;

/** What finished runs tell Prometheus, in the process that ran them. Dry runs are not counted. */
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
