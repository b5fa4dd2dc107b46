import { type Actor, type DesiredState, type InstanceRecord, timestampsOfNewRun, underWish } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import type { LifecyclePolicy } from './policy.js';

/**
 * The record with a new wish, to be carried out at once; a start has its time by which it must be ready.
 *
 * @param now milliseconds since 1970; the wish's own time
 */
export function withWish(
  record: InstanceRecord,
  state: DesiredState,
  by: Actor,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const wished = underWish(record, state, by, now);
  return state === 'running' ? withStartupBy(wished, now, policy) : wished;
}

/** The record at the start of a run that the provider began: a new clock, and nothing of the run before. */
export function withNewRun(record: InstanceRecord, now: number, policy: LifecyclePolicy): InstanceRecord {
  const timestamps = timestampsOfNewRun(record.timestamps);
  return withStartupBy({ ...record, probes: [], timestamps }, now, policy);
}

function withStartupBy(record: InstanceRecord, now: number, policy: LifecyclePolicy): InstanceRecord {
  const startupBy = timestampFromMs(now + policy.startupTimeoutMs);
  return { ...record, deadlines: { ...record.deadlines, startupBy } };
}
