import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { anOrder } from '../../test/fakes/run-world.js';
import { NOT_STARTED } from '../status/run-status.js';
import type { RunStatus, SyncSnapshot } from '../status/sync-status.js';
import type { SyncResult } from './sync-report.js';
import { whySkipped } from './why-skipped.js';

const TIMES = { nowMs: 1_000_000, intervalMs: 1_800_000 };
const PAUSED = { since: timestampFromMs(1), by: 'user:ops' };
const snapshot = (run: Partial<RunStatus> = {}, paused: SyncSnapshot['paused'] = null): SyncSnapshot => ({
  run: { ...NOT_STARTED, ...run },
  paused,
  eventId: '0-0',
});
const succeeded = (startedMs: number, instancesMs = startedMs): Partial<RunStatus> => ({
  state: 'completed',
  lastSuccess: { runId: 'r', startedAt: timestampFromMs(startedMs), endedAt: timestampFromMs(startedMs + 1) },
  instancesAsOf: timestampFromMs(instancesMs),
});
const asked = (trigger: 'startup' | 'schedule' | 'retry' | 'manual', unlessRunSince = 0) => ({
  order: anOrder({ trigger }),
  unlessRunSince,
});

describe('while the sync is paused', () => {
  it.each(['schedule', 'retry'] as const)('%s is skipped', (trigger) => {
    expect(whySkipped(asked(trigger), snapshot({}, PAUSED), null, TIMES)).toContain('paused');
  });
  it.each(['startup', 'manual'] as const)('%s runs', (trigger) => {
    expect(whySkipped(asked(trigger), snapshot({}, PAUSED), null, TIMES)).toBeNull();
  });
});

describe('what has been done already', () => {
  it('is not done again by the other workers that started', () => {
    expect(whySkipped(asked('startup', 500_000), snapshot(succeeded(500_000)), null, TIMES)).not.toBeNull();
    expect(whySkipped(asked('startup', 500_001), snapshot(succeeded(500_000)), null, TIMES)).toBeNull();
  });

  it('does not count when it left the instances out', () => {
    expect(whySkipped(asked('startup', 500_000), snapshot(succeeded(600_000, 400_000)), null, TIMES)).toBeNull();
  });

  it('is not done again by a schedule that comes moments later', () => {
    const now = (agoMs: number) => snapshot(succeeded(TIMES.nowMs - agoMs));
    expect(whySkipped(asked('schedule'), now(9_000), null, TIMES)).not.toBeNull();
    expect(whySkipped(asked('schedule'), now(11_000), null, TIMES)).toBeNull();
    expect(whySkipped(asked('schedule'), now(600), null, { ...TIMES, intervalMs: 1_000 })).toBeNull();
    expect(whySkipped(asked('manual'), now(1), null, TIMES)).toBeNull();
  });

  it('is not done again after its job was given back', () => {
    const wanted = asked('manual');
    const { runId } = wanted.order;
    const result = { kind: 'report', report: { runId } } as SyncResult;
    expect(whySkipped(wanted, snapshot({ state: 'completed', runId }), result, TIMES)).not.toBeNull();
    expect(whySkipped(wanted, snapshot({ state: 'in_progress', runId }), result, TIMES)).toBeNull();
    expect(whySkipped(wanted, snapshot(), { kind: 'lost', reason: '' }, TIMES)).toBeNull();
  });
});
