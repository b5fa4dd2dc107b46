import { INSTANCE_STATUSES, MIGRATION_STATES, type Migration, type SpotState } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { aNovitaInstance, anInstance, type InstanceOverrides } from '@app/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryOf } from './failed-migrations.js';
import { judgeCandidate } from './judge-candidate.js';

const NOW = Date.UTC(2026, 0, 1, 12);
const at = (seconds: number) => timestampFromMs(NOW + seconds * 1_000);
const SPOT: SpotState = { status: 'terminated', reclaimAt: at(-60), firstSeenAt: at(-50) };
const MIGRATION: Migration = {
  state: 'waiting',
  reclaimSeenAt: at(-50),
  since: at(-50),
  attempts: 1,
  requestedAt: at(-40),
  jobId: null,
  endedJobId: null,
  nextAttemptAt: null,
  arrivedAt: null,
  replaced: null,
};
const desired = (state: 'running' | 'stopped' | 'deleted', by: 'user:a' | 'auto-stop' | 'console' | 'lifecycle') => ({
  state,
  at: at(-3_600),
  by,
});
const RUNNING: InstanceOverrides = { status: 'ready', desired: desired('running', 'user:a') };

function judge(overrides: InstanceOverrides, item: Parameters<typeof aNovitaInstance>[0] = {}, spot = SPOT) {
  return judgeCandidate(anInstance({ ...RUNNING, ...overrides }), spot, aNovitaInstance(item), NOW);
}

describe('a reclaimed instance that Novita lists as down', () => {
  it('is migrated when it is desired to run', () => {
    expect(judge({})).toEqual({ verdict: 'migrate', reason: `Novita has reclaimed it at ${at(-60)}` });
  });

  it.each<[string, InstanceOverrides, RegExp]>([
    ['stopped by a person', { status: 'stopped', desired: desired('stopped', 'user:a') }, /stopped, by user:a/],
    ['stopped by auto-stop', { status: 'stopped', desired: desired('stopped', 'auto-stop') }, /by auto-stop/],
    ['stopped at the console', { status: 'stopped', desired: desired('stopped', 'console') }, /by console/],
    ['deleted', { status: 'deleting', desired: desired('deleted', 'user:a') }, /deleted/],
    ['made elsewhere', { origin: 'discovered' }, /made elsewhere/],
    ['ended', { status: 'terminated' }, /ended/],
    ['being migrated', { status: 'migrating', migration: { ...MIGRATION, state: 'under-way' } }, /under way/],
    ['starting after it', { status: 'starting', migration: { ...MIGRATION, state: 'starting' } }, /starting/],
    ['to be tried again later', { migration: { ...MIGRATION, state: 'failed', nextAttemptAt: at(9) } }, /again at/],
    ['started since', { desired: { ...desired('running', 'user:a'), at: at(-10) } }, /older than its present run/],
  ])('is left alone when it is %s', (_, overrides, reason) => {
    expect(judge(overrides)).toEqual({ verdict: 'leave', reason: expect.stringMatching(reason) as string });
  });

  it('is left alone when a person stopped it well before the time of the reclaim', () => {
    expect(judge({}, { lastStoppedAt: at(-200) }).verdict).toBe('leave');
    expect(judge({}, { lastStoppedAt: at(-62) }).verdict).toBe('migrate');
  });

  it('is left alone while endpoints hold its migration', () => {
    const migration = { ...MIGRATION, state: 'waiting' } as const;
    const waitsFor = [{ endpointId: 'whe_a', releasedAt: null }];
    const hold = {
      by: 'migration',
      occasion: 'r',
      since: at(-60),
      reason: 'reclaimed',
      waitsFor,
      ended: null,
    } as const;
    expect(judge({ migration, stopHold: { ...hold, until: at(1) } })).toEqual({
      verdict: 'leave',
      reason: `endpoints hold its migration until ${at(1)}`,
    });
    expect(judge({ migration, stopHold: { ...hold, until: at(0) } }).verdict).toBe('migrate');
  });

  it('is never migrated unless it is ours, alive and desired to run', () => {
    const records = fc.record({
      origin: fc.constantFrom('managed', 'adopted', 'discovered'),
      status: fc.constantFrom(...INSTANCE_STATUSES),
      state: fc.constantFrom('running', 'stopped', 'deleted'),
      by: fc.constantFrom('user:a', 'auto-stop', 'console', 'lifecycle'),
      migration: fc.option(fc.constantFrom(...MIGRATION_STATES), { nil: null }),
    });
    fc.assert(
      fc.property(records, ({ origin, status, state, by, migration }) => {
        const overrides: InstanceOverrides = {
          origin,
          status,
          desired: desired(state, by),
          migration: migration === null ? null : { ...MIGRATION, state: migration },
        };
        if (judge(overrides).verdict === 'leave') return;
        expect(origin).not.toBe('discovered');
        expect(status).not.toBe('terminated');
        expect(state).toBe('running');
        expect(['requested', 'under-way', 'starting']).not.toContain(migration);
      }),
    );
  });
});

describe('a failed migration that a person has tried again', () => {
  const failed: InstanceOverrides = {
    status: 'failed',
    desired: desired('running', 'user:a'),
    migration: { ...MIGRATION, state: 'failed', nextAttemptAt: at(900) },
  };

  it('is due at once when it was to be tried again later', () => {
    const { next } = retryOf(anInstance(failed), NOW);
    expect(next).toMatchObject({
      desired: { by: 'user:a' },
      migration: { state: 'waiting', since: at(0), nextAttemptAt: at(0) },
      deadlines: { nextReconcileAt: at(0) },
    });
  });

  it('is desired anew by migration when it had been given up', () => {
    const { next } = retryOf(anInstance({ ...failed, desired: desired('stopped', 'lifecycle') }), NOW);
    expect(next).toMatchObject({
      status: 'stopped',
      desired: { state: 'running', by: 'migration', at: at(0) },
      migration: { state: 'waiting', since: at(0) },
    });
  });

  it.each<[string, InstanceOverrides]>([
    ['stopped by a person', { desired: desired('stopped', 'user:a') }],
    ['stopped by auto-stop', { desired: desired('stopped', 'auto-stop') }],
    ['not failed', { migration: { ...MIGRATION, state: 'done' } }],
    ['on its new machine already', { migration: { ...MIGRATION, state: 'failed', arrivedAt: at(-10) } }],
    ['without a migration', { migration: null }],
    [
      'given up without our marker, so that another one may run unseen',
      { marker: '', desired: desired('stopped', 'lifecycle') },
    ],
  ])('is left alone when it is %s', (_, overrides) => {
    expect(retryOf(anInstance({ ...failed, ...overrides }), NOW).next).toBeNull();
  });
});
