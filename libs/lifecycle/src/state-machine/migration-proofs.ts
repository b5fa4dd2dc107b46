import type { InstanceRecord, Migration } from '@app/instance-store';
import type { NovitaJob } from '@app/novita-client';
import { msFromTimestamp } from '@app/platform';
import { successfulJob } from './migration-jobs.js';
import type { Found, Situation } from './model.js';

/*
 * What proves that a migration took effect, or that it did nothing. A read may be older than the request: it counts for
 * nothing until something in it is younger, or the grace has passed for which reads may lag.
 */

/**
 * Whether an instance that the provider shows as up has come up since the reclaim: its job succeeded, it has another id, it
 * was started after the request, or the read began a grace after it.
 *
 * @param job the present migration's, if it is listed
 */
export function isProvenUp(
  { observation, policy }: Situation<Found>,
  { requestedAt, reclaimSeenAt, replaced }: Migration,
  job: NovitaJob | null,
): boolean {
  if ((job !== null && successfulJob(job)) || replaced !== null) return true;
  const sinceMs = msFromTimestamp(requestedAt ?? reclaimSeenAt);
  const { lastStartedAt } = observation.instance;
  // The provider counts in whole seconds.
  if (lastStartedAt !== null && msFromTimestamp(lastStartedAt) >= sinceMs - 999) return true;
  return msFromTimestamp(observation.at) >= sinceMs + policy.createRetryGraceMs;
}

/** A request without an answer did nothing when the provider, asked long enough afterwards, has no job of it. */
export function isProvenLost({ observation, policy }: Situation, migration: Migration, hasJob: boolean): boolean {
  const jobs = observation.trace?.jobs ?? null;
  if (hasJob || jobs === null || !jobs.clean || migration.state !== 'requested') return false;
  const requestedMs = migration.requestedAt === null ? 0 : msFromTimestamp(migration.requestedAt);
  return msFromTimestamp(jobs.beganAt) >= requestedMs + policy.createRetryGraceMs;
}

/**
 * Whether a migration that succeeded, and left the instance down, may have made another one under an id that nobody here
 * knows: no answer named it, and without our marker in its name it cannot be found. Starting the old one could then bill
 * twice.
 */
export function mayHaveMovedUnseen({ marker }: InstanceRecord, { isAnswered, replaced }: Migration): boolean {
  return marker === '' && replaced === null && isAnswered !== true;
}
