import type { Migration } from '@app/instance-store';
import type { NovitaInstance, NovitaJob } from '@app/novita-client';
import { describe, expect, it } from 'vitest';
import { at, decided, existing, found, NOVITA_ID, ready } from '../../test/fakes/observations.js';
import type { Found, MigrationTrace } from './model.js';

const OPEN: Migration = {
  state: 'requested',
  reclaimSeenAt: at(-30),
  since: at(-30),
  attempts: 1,
  requestedAt: at(-10),
  jobId: null,
  endedJobId: null,
  nextAttemptAt: null,
  arrivedAt: null,
  replaced: null,
};
const SUCCESS: NovitaJob = {
  id: 'job-1',
  type: 'instanceMigrate',
  state: 'success',
  errorMessage: null,
  instanceId: NOVITA_ID,
  createdAt: at(-9),
};
const migrating = {
  ...existing,
  status: 'migrating',
  migration: OPEN,
  deadlines: { nextReconcileAt: at(0), migrateBy: at(1_800) },
} as const;
const stopped = { state: 'stopped', at: at(-5), by: 'user:a' } as const;

function seen(status: string, overrides: Partial<NovitaInstance> = {}, jobs: readonly NovitaJob[] = []): Found {
  const trace: MigrationTrace = { jobs: { beganAt: at(0), clean: true, items: jobs }, replacedIsGone: null };
  return { ...found(status, { billingMode: 'spot', lastStartedAt: at(-3_600), ...overrides }), trace };
}

describe('an instance that Novita says is up, soon after its migration was requested', () => {
  it('has not arrived by that alone: the read may be older than the reclaim', () => {
    const { step, record } = decided(migrating, seen('running'));
    expect(step.kind).toBe('poll');
    expect(record).toMatchObject({ status: 'migrating', migration: OPEN, deadlines: { migrateBy: at(1_800) } });
  });

  it.each<[string, Migration, Found]>([
    ['its job has succeeded', OPEN, seen('running', {}, [SUCCESS])],
    ['it was started after the request', OPEN, seen('running', { lastStartedAt: at(-4) })],
    ['it has another id', { ...OPEN, replaced: 'n0000000000000009' as typeof NOVITA_ID }, seen('running')],
    ['the read began a grace later', { ...OPEN, requestedAt: at(-61) }, seen('running')],
  ])('has arrived when %s', (_, migration, observation) => {
    const { record } = decided({ ...migrating, migration }, observation);
    expect(record.migration).toMatchObject({ state: 'starting', arrivedAt: at(0) });
  });

  it('keeps its migration open while it is desired to be stopped, and is stopped if it is up', () => {
    const { step, record } = decided({ ...migrating, desired: stopped, confirmedAt: null }, seen('running'));
    expect(step.kind).toBe('stop');
    expect(record.migration).toEqual(OPEN);
  });

  it('is not taken for started by somebody else before the request, either', () => {
    const waiting: Migration = { ...OPEN, state: 'waiting', attempts: 0, requestedAt: null, reclaimSeenAt: at(-5) };
    const overrides = { ...existing, status: 'stopped', migration: waiting } as const;
    const stale = decided(overrides, seen('running'));
    expect(stale.step.kind).toBe('wait');
    expect(stale.record.migration).toEqual(waiting);
    const started = decided(overrides, seen('running', { lastStartedAt: at(-2) }));
    expect(started.record.migration?.state).toBe('superseded');
  });
});

describe('a migration that succeeded and left the instance down', () => {
  it('is followed by a start, when nothing else can run in its place', () => {
    const { step } = decided(migrating, seen('exited', {}, [SUCCESS]));
    expect(step).toEqual({ kind: 'start', target: NOVITA_ID });
    const migration = { ...OPEN, state: 'under-way' as const, isAnswered: true };
    const answered = { ...migrating, marker: '', migration };
    expect(decided(answered, seen('exited', {}, [SUCCESS])).step.kind).toBe('start');
  });

  it.each([
    ['requested', OPEN],
    ['waiting again', { ...OPEN, state: 'waiting' as const }],
    ['begun by somebody else', { ...OPEN, state: 'under-way' as const, requestedAt: null }],
    ['begun by somebody else after a request whose answer was lost', { ...OPEN, state: 'under-way' as const }],
  ])('is never followed by a start without our marker and without an answer (%s)', (_, migration) => {
    const { step, record } = decided({ ...migrating, marker: '', migration }, seen('exited', {}, [SUCCESS]));
    expect(step.kind).toBe('fail');
    expect(record).toMatchObject({
      status: 'failed',
      desired: { state: 'stopped', by: 'lifecycle' },
      lastError: { code: 'migration-failed', message: expect.stringContaining('another one in its place') as string },
      migration: { state: 'failed', nextAttemptAt: null, endedJobId: SUCCESS.id },
    });
  });

  it('is said of one that is desired to be stopped, too', () => {
    const { record } = decided({ ...migrating, marker: '', desired: stopped }, seen('exited', {}, [SUCCESS]));
    expect(record).toMatchObject({
      status: 'stopped',
      migration: { state: 'superseded' },
      lastError: { message: expect.stringContaining('another one in its place') as string },
    });
  });
});

describe('what is no reclaim of the present run', () => {
  /** As Novita shows an instance that is down and whose machine it says it has taken back then. */
  const reclaimedAt = (seconds: number) =>
    found('exited', { billingMode: 'spot', spotStatus: 'terminated', spotReclaimAt: at(seconds) });

  it.each(['user:anna', 'auto-stop'] as const)('a stop by %s, even if the machine is reclaimed later', (by) => {
    const stopped = { ...existing, status: 'stopped', desired: { state: 'stopped', at: at(-3_600), by } } as const;
    const { step, record } = decided(stopped, reclaimedAt(-30));
    expect(step.kind).toBe('done');
    expect(record).toMatchObject({ status: 'stopped', desired: stopped.desired, migration: null });
  });

  it('an old reclaim that Novita goes on to state after a start', () => {
    const started = { ...ready, desired: { state: 'running', at: at(-3_600), by: 'user:a' } } as const;
    const { record } = decided(started, reclaimedAt(-7_200));
    expect(record.desired).toMatchObject({ state: 'stopped', by: 'console' });
    expect(record.migration).toBeNull();
    // The same answer, about a run that is older than the reclaim.
    const running = { ...started, desired: { ...started.desired, at: at(-9_000) } };
    expect(decided(running, reclaimedAt(-7_200)).record.migration).toMatchObject({ state: 'waiting' });
  });
});
