import { randomUUID } from 'node:crypto';
import { SYNC_FLEET } from '@app/jobs';
import { timestampFromMs } from '@app/platform';
import type { LockHolder } from '@app/redis';
import type { RunStatus, SyncSnapshot } from '@app/sync-status';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { anOrder } from '../../test/fakes/run-world.js';
import { NOT_STARTED, SYNC_KINDS, type SyncResult } from '../model/sync-run.js';
import { busyPolicy, orderOf, payloadOf, runIdOfJob, skipReason } from './sync-jobs.js';

describe('the payload of an order', () => {
  it.each([
    anOrder(),
    anOrder({ dryRun: true, forceSync: true, resources: ['instances', 'jobs'] }),
    anOrder({ trigger: 'retry', requestedBy: 'sync', retry: 3, handleObsoleteInstances: false }),
  ])('is what the order is made of again', (order) => {
    const payload = payloadOf(order);
    expect(validateSync(plainToInstance(SYNC_FLEET.payload, payload))).toEqual([]);
    expect(orderOf(payload, 'some job')).toEqual(order);
  });

  it('of an automatic run is always the same, for the schedule', () => {
    expect(payloadOf({ trigger: 'schedule' })).toEqual(payloadOf({ trigger: 'schedule' }));
    expect(validateSync(plainToInstance(SYNC_FLEET.payload, payloadOf({ trigger: 'schedule' })))).toEqual([]);
    expect(orderOf(payloadOf({ trigger: 'schedule' }), 'j')).toMatchObject({
      resources: SYNC_KINDS,
      requestedBy: 'sync',
      handleObsoleteInstances: true,
      forceSync: false,
      dryRun: false,
    });
  });

  it('leaves kinds alone that a newer process may know', () => {
    expect(orderOf({ ...payloadOf(anOrder()), resources: 'jobs,moons' }, 'j').resources).toEqual(['jobs']);
  });
});

describe('the name of an unnamed run', () => {
  it('has the form of a ULID and follows from the job', () => {
    const jobs = Array.from({ length: 200 }, () => randomUUID());
    for (const job of jobs) expect(runIdOfJob(job)).toMatch(/^0[0-9A-HJKMNP-TV-Z]{25}$/);
    expect(runIdOfJob('repeat:sync:1')).toBe(runIdOfJob('repeat:sync:1'));
    expect(new Set(jobs.map(runIdOfJob)).size).toBe(jobs.length);
  });
});

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
    expect(skipReason(asked(trigger), snapshot({}, PAUSED), null, TIMES)).toContain('paused');
  });
  it.each(['startup', 'manual'] as const)('%s runs', (trigger) => {
    expect(skipReason(asked(trigger), snapshot({}, PAUSED), null, TIMES)).toBeNull();
  });
});

describe('what has been done already', () => {
  it('is not done again by the other workers that started', () => {
    expect(skipReason(asked('startup', 500_000), snapshot(succeeded(500_000)), null, TIMES)).not.toBeNull();
    expect(skipReason(asked('startup', 500_001), snapshot(succeeded(500_000)), null, TIMES)).toBeNull();
  });

  it('does not count when it left the instances out', () => {
    expect(skipReason(asked('startup', 500_000), snapshot(succeeded(600_000, 400_000)), null, TIMES)).toBeNull();
  });

  it('is not done again by a schedule that comes moments later', () => {
    const now = (agoMs: number) => snapshot(succeeded(TIMES.nowMs - agoMs));
    expect(skipReason(asked('schedule'), now(9_000), null, TIMES)).not.toBeNull();
    expect(skipReason(asked('schedule'), now(11_000), null, TIMES)).toBeNull();
    expect(skipReason(asked('schedule'), now(600), null, { ...TIMES, intervalMs: 1_000 })).toBeNull();
    expect(skipReason(asked('manual'), now(1), null, TIMES)).toBeNull();
  });

  it('is not done again after its job was given back', () => {
    const wanted = asked('manual');
    const { runId } = wanted.order;
    const result = { kind: 'report', report: { runId } } as SyncResult;
    expect(skipReason(wanted, snapshot({ state: 'completed', runId }), result, TIMES)).not.toBeNull();
    expect(skipReason(wanted, snapshot({ state: 'in_progress', runId }), result, TIMES)).toBeNull();
  });

  it('is not done again when the next run has reported it as lost', () => {
    const lost: SyncResult = { kind: 'lost', reason: '' };
    for (const trigger of ['manual', 'schedule', 'retry'] as const) {
      expect(skipReason(asked(trigger), snapshot(), lost, TIMES)).not.toBeNull();
    }
    expect(skipReason(asked('startup'), snapshot(), lost, TIMES)).toBeNull();
  });
});

const TTL_MS = 30_000;
const MINE = '01J00000000000000000000001';
const holder = (remainingMs: number, purpose = '01J00000000000000000000002'): LockHolder => ({
  owner: 'worker',
  purpose,
  fence: 1,
  since: timestampFromMs(0),
  remainingMs,
});

describe('a run that finds the lock taken', () => {
  it.each([
    ['manual', 29_000, { kind: 'reject' }],
    ['manual', 1_000, { kind: 'reject' }],
    ['schedule', 29_000, { kind: 'leave' }],
    ['retry', 20_000, { kind: 'leave' }],
    // No holder that lives lets its lock come so near to its end.
    ['schedule', 14_000, { kind: 'run-again', inMs: 14_250 }],
    ['retry', 0, { kind: 'run-again', inMs: 250 }],
    ['startup', 29_000, { kind: 'run-again', inMs: 29_250 }],
  ] as const)('by %s with %d ms left', (trigger, remainingMs, expected) => {
    expect(busyPolicy({ runId: MINE, trigger }, holder(remainingMs), TTL_MS)).toEqual(expected);
  });

  it.each([MINE, `${MINE} dry-run`])('comes again when a dead worker holds it for the same run (%s)', (purpose) => {
    for (const trigger of ['manual', 'schedule', 'retry', 'startup'] as const) {
      const then = busyPolicy({ runId: MINE, trigger }, holder(19_000, purpose), TTL_MS);
      expect(then).toEqual({ kind: 'run-again', inMs: 19_250 });
    }
  });
});
