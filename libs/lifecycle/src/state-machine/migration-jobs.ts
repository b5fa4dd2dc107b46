import type { InstanceRecord, Migration } from '@app/instance-store';
import type { NovitaJob, NovitaJobType } from '@app/novita-client';
import { HOUR_MS, msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';

/*
 * Which of the provider's jobs is the migration of one record, and what its state says.
 */

/** Begun by a request, or by the provider itself where an instance has automatic migration. */
export const MIGRATION_JOBS: readonly NovitaJobType[] = ['instanceMigrate', 'autoInstanceMigrate'];
/** The provider's clock may be behind ours by so much. */
const SKEW_MS = 60_000;

/** Whether a job is a migration at all: the provider may list others in spite of the filter. */
export function isMigrationJob({ type }: NovitaJob): boolean {
  return MIGRATION_JOBS.some((known) => known === type);
}

/**
 * Since when jobs are of interest for a migration: well before the reclaim and the latest request, whichever was first.
 * The list of an account's jobs grows without end.
 */
export function jobsSince(
  { spot }: Pick<InstanceRecord, 'spot'>,
  { reclaimSeenAt, requestedAt }: Migration,
): Timestamp {
  const times = [reclaimSeenAt, requestedAt, spot?.reclaimAt].flatMap((at) => (at ? [msFromTimestamp(at)] : []));
  return timestampFromMs(Math.max(0, Math.min(...times) - HOUR_MS));
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
