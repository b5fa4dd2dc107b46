import type { Migration } from '@app/instance-store';
import { describe, expect, it } from 'vitest';
import { at } from '../../test/fakes/observations.js';
import { isMigrationJob, jobsSince } from './migration-jobs.js';

const MIGRATION: Migration = {
  state: 'waiting',
  reclaimSeenAt: at(-100),
  since: at(-100),
  attempts: 1,
  requestedAt: null,
  jobId: null,
  endedJobId: null,
  nextAttemptAt: null,
  arrivedAt: null,
  replaced: null,
};
const HOUR = 3_600;

describe('the jobs that are read for a migration', () => {
  it('are those since an hour before whatever came first', () => {
    const spot = { status: 'terminated', reclaimAt: at(-160), firstSeenAt: at(-100) };
    expect(jobsSince({ spot: null }, MIGRATION)).toBe(at(-100 - HOUR));
    expect(jobsSince({ spot }, MIGRATION)).toBe(at(-160 - HOUR));
    expect(jobsSince({ spot: null }, { ...MIGRATION, requestedAt: at(-200) })).toBe(at(-200 - HOUR));
    expect(jobsSince({ spot: { ...spot, reclaimAt: null } }, { ...MIGRATION, requestedAt: at(-5) })).toBe(
      at(-100 - HOUR),
    );
  });

  it('are migrations, whatever else Novita lists', () => {
    const job = { id: 'j', state: 'running', errorMessage: null, instanceId: null, createdAt: null };
    expect(isMigrationJob({ ...job, type: 'autoInstanceMigrate' })).toBe(true);
    expect(isMigrationJob({ ...job, type: 'saveImage' })).toBe(false);
  });
});
