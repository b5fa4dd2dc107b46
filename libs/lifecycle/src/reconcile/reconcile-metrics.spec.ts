import type { InstanceRecord } from '@app/instance-store';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { at } from '../../test/fakes/observations.js';
import { endedStates, LifecycleMetrics } from './reconcile-metrics.js';

const TIMEOUT_MS = 600_000;
const created = at(-9_000);
const before = anInstance({
  status: 'health_checking',
  desired: { state: 'running', at: at(-100), by: 'user:x' },
  timestamps: { created },
  // The run's clock began 90 s ago.
  deadlines: { startupBy: at(510) },
});
const ready = at(-10);

function ended(from: InstanceOverrides, to: Partial<InstanceRecord>): ReturnType<typeof endedStates> {
  const record = anInstance({ ...before, ...from });
  return endedStates(record, { ...record, ...to }, TIMEOUT_MS);
}

describe('what a write has ended', () => {
  it('is the start-up, from the start of the run until it is ready', () => {
    expect(ended({}, { status: 'ready', timestamps: { created, ready } })).toEqual([{ kind: 'startup', ms: 80_000 }]);
  });

  it('is nothing while it stays ready, and when the beginning is not known', () => {
    const timestamps = { created, ready };
    expect(ended({ status: 'ready', timestamps }, { status: 'ready', timestamps })).toEqual([]);
    expect(ended({ deadlines: {} }, { status: 'ready', timestamps })).toEqual([]);
    expect(ended({}, { status: 'running' })).toEqual([]);
  });

  it('is the run and its stop, once Novita has confirmed it', () => {
    const desired = { state: 'stopped', at: at(-5), by: 'user:x' } as const;
    const timestamps = { created, ready: at(-60), stopping: at(-5) };
    const stopping = { status: 'stopping', desired, timestamps, confirmedAt: null } as const;
    expect(ended(stopping, { confirmedAt: null })).toEqual([]);
    expect(
      ended(stopping, { status: 'stopped', confirmedAt: at(0), timestamps: { ...timestamps, stopped: at(0) } }),
    ).toEqual([
      { kind: 'state', state: 'ready', ms: 55_000 },
      { kind: 'state', state: 'stopping', ms: 5_000 },
    ]);
  });

  it('is the delete alone of what was stopped before', () => {
    const desired = { state: 'deleted', at: at(-5), by: 'user:x' } as const;
    const timestamps = { created, ready: at(-60), stopped: at(-30) };
    expect(
      ended(
        { status: 'deleting', desired, timestamps, confirmedAt: null },
        { status: 'terminated', confirmedAt: at(1) },
      ),
    ).toEqual([{ kind: 'state', state: 'deleting', ms: 6_000 }]);
  });
});

describe('the metrics of the life cycle', () => {
  it('measure it in seconds, and show each state from the start', async () => {
    const registry = new Registry();
    const metrics = new LifecycleMetrics(registry, TIMEOUT_MS);
    expect(await registry.metrics()).toContain('novita_fleet_state_duration_seconds_count{state="deleting"} 0');
    metrics.written(before, { ...before, status: 'ready', timestamps: { created, ready } });
    const text = await registry.metrics();
    expect(text).toContain('novita_fleet_startup_duration_seconds_sum 80');
    expect(text).toContain('novita_fleet_startup_duration_seconds_bucket{le="90"} 1');
    expect(text).toContain('novita_fleet_startup_duration_seconds_bucket{le="60"} 0');
  });
});
