import type { InstanceRecord, Migration } from '@app/instance-store';
import type { NovitaJob } from '@app/novita-client';
import { msFromTimestamp } from '@app/platform';

/*
 * Which of the provider's jobs is the migration of one record, and what its state says.
 */

/** Begun by a request, or by the provider itself where an instance has automatic migration. */
const MIGRATION_JOBS: ReadonlySet<string> = new Set(['instanceMigrate', 'autoInstanceMigrate']);
/** The provider's clock may be behind ours by so much. */
const SKEW_MS = 60_000;

export function isMigrationJob({ type }: NovitaJob): boolean {
  return MIGRATION_JOBS.has(type);
}

/**
 * The newest job that can be the present migration of the record: begun after the reclaim, or after the request where one
 * was made, and none that is known to have ended before.
 */
export function newestJob(
  jobs: readonly NovitaJob[],
  { novitaInstanceId, spot }: InstanceRecord,
  { replaced, endedJobId, requestedAt, reclaimSeenAt, jobId }: Migration,
): NovitaJob | null {
  const reclaimedAt = spot?.reclaimAt ?? reclaimSeenAt;
  const sinceMs = msFromTimestamp(requestedAt ?? reclaimedAt) - SKEW_MS;
  const candidates = jobs.filter(({ id, instanceId, createdAt }) => {
    if (id === endedJobId || instanceId === null) return false;
    if (instanceId !== novitaInstanceId && instanceId !== replaced) return false;
    return id === jobId || (createdAt !== null && msFromTimestamp(createdAt) >= sinceMs);
  });
  return candidates.toSorted((one, other) => ((one.createdAt ?? '') < (other.createdAt ?? '') ? 1 : -1))[0] ?? null;
}

export function successfulJob({ state }: NovitaJob): boolean {
  return state === 'success';
}

/** Without success, or with it. A state that we do not know is not the end. */
export function endedJob({ state }: NovitaJob): boolean {
  return state === 'success' || state === 'fail' || state === 'break';
}
