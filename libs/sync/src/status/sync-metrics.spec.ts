import { INSTANCE_STATUSES, memoryStore, StoreUnavailableError } from '@app/instance-store';
import { MetricsRegistry } from '@app/platform';
import { NO_CHANGES } from '@app/sync-status';
import { aNewInstance, FakeClock } from '@app/testing';
import type { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { aRun, at, KnownView, msAt } from '../../test/fakes/a-run.js';
import { NOT_STARTED } from '../model/sync-run.js';
import { SyncGauges, SyncMetrics } from './sync-metrics.js';

const linesOf = async (registry: Registry, name: string): Promise<string[]> =>
  (await registry.getSingleMetricAsString(name)).split('\n').filter((line) => !line.startsWith('#'));

describe('the metrics of finished runs', () => {
  it('count runs by trigger and outcome, changes by action, and measure durations', async () => {
    const registry = new MetricsRegistry();
    const metrics = new SyncMetrics(registry);
    metrics.runEnded(
      { trigger: 'schedule', outcome: 'completed', durationMs: 5_234 },
      { updated: 1, created: 2, adopted: 3, removed: 4, markedTerminated: 5, leftMissing: 6 },
    );
    metrics.runEnded({ trigger: 'manual', outcome: 'failed', durationMs: 1_000 }, { ...NO_CHANGES, updated: 10 });
    const runs = await linesOf(registry, 'novita_fleet_sync_runs_total');
    expect(runs.filter((line) => !line.endsWith(' 0'))).toEqual([
      'novita_fleet_sync_runs_total{trigger="schedule",outcome="completed"} 1',
      'novita_fleet_sync_runs_total{trigger="manual",outcome="failed"} 1',
    ]);
    expect(runs).toContain('novita_fleet_sync_runs_total{trigger="startup",outcome="failed"} 0');
    expect(await linesOf(registry, 'novita_fleet_sync_changes_total')).toEqual([
      'novita_fleet_sync_changes_total{action="update"} 11',
      'novita_fleet_sync_changes_total{action="create"} 2',
      'novita_fleet_sync_changes_total{action="adopt"} 3',
      'novita_fleet_sync_changes_total{action="remove"} 4',
      'novita_fleet_sync_changes_total{action="mark-terminated"} 5',
    ]);
    const durations = await linesOf(registry, 'novita_fleet_sync_duration_seconds');
    expect(durations).toContain('novita_fleet_sync_duration_seconds_sum 6.234');
    expect(durations).toContain('novita_fleet_sync_duration_seconds_count 2');
    expect(durations).toContain('novita_fleet_sync_duration_seconds_bucket{le="5"} 1');
  });
});

describe('the gauges of the sync', () => {
  const clock = new FakeClock();
  const view = new KnownView();
  const registry = new MetricsRegistry();
  const store = memoryStore(clock);
  new SyncGauges(view, store.records, clock, registry).onModuleInit();
  const lines = async (name: string) => linesOf(registry.fleet, `novita_fleet_sync_${name}`);
  const lastSuccess = { runId: 'r', startedAt: at(-20), endedAt: at(-15) };

  it('say nothing of an age before the first success, and the age after it', async () => {
    view.shows({ run: NOT_STARTED });
    expect(await lines('last_success_age_seconds')).toEqual([]);
    view.shows({ run: aRun({ lastSuccess }) });
    clock.set(msAt(0));
    expect(await lines('last_success_age_seconds')).toEqual(['novita_fleet_sync_last_success_age_seconds 15']);
    clock.set(msAt(30));
    expect(await lines('last_success_age_seconds')).toEqual(['novita_fleet_sync_last_success_age_seconds 45']);
    clock.set(msAt(-100));
    expect(await lines('last_success_age_seconds')).toEqual(['novita_fleet_sync_last_success_age_seconds 0']);
    view.shows({ run: NOT_STARTED });
    expect(await lines('last_success_age_seconds')).toEqual([]);
  });

  it('say how old the listing is on which the records rest, and nothing before the first', async () => {
    const ages = () => linesOf(registry.fleet, 'novita_fleet_instances_age_seconds');
    view.shows({ run: NOT_STARTED });
    expect(await ages()).toEqual([]);
    view.shows({ run: aRun({ instancesAsOf: at(-15) }) });
    clock.set(msAt(30));
    expect(await ages()).toEqual(['novita_fleet_instances_age_seconds 45']);
  });

  it('count the instances by status once a listing has completed, and not while the store is away', async () => {
    const counts = () => linesOf(registry.fleet, 'novita_fleet_instances');
    await store.records.insert(aNewInstance({ status: 'ready' }));
    view.shows({ run: NOT_STARTED });
    expect(await counts()).toEqual([]);
    view.shows({ run: aRun({ instancesAsOf: at(-15) }) });
    expect(await counts()).toContain('novita_fleet_instances{status="ready"} 1');
    expect(await counts()).toHaveLength(INSTANCE_STATUSES.length);
    vi.spyOn(store.records, 'counts').mockRejectedValueOnce(new StoreUnavailableError('away'));
    expect(await counts()).toEqual([]);
  });

  it('say whether a listing is held', async () => {
    view.shows({ run: aRun() });
    expect(await lines('held')).toEqual(['novita_fleet_sync_held 0']);
    view.shows({ run: aRun({ held: { since: at(0), reason: 'many', wouldRemove: 4 } }) });
    expect(await lines('held')).toEqual(['novita_fleet_sync_held 1']);
  });

  it('say whether a run is under way, and believe no worker that is gone', async () => {
    clock.set(msAt(0));
    view.shows({ run: NOT_STARTED });
    expect(await lines('in_progress')).toEqual(['novita_fleet_sync_in_progress 0']);
    view.shows({ run: aRun() });
    expect(await lines('in_progress')).toEqual(['novita_fleet_sync_in_progress 1']);
    clock.set(msAt(60));
    expect(await lines('in_progress')).toEqual(['novita_fleet_sync_in_progress 0']);
  });
});
