import { type InstanceRecord, isLive } from '@app/instance-store';
import type { Timestamp } from '@app/platform';

/**
 * When Novita was last seen to agree with the record: when it was asked about the instance, or when the listing began
 * that was last carried through, which had every live instance that it should have had and is not missing.
 *
 * @param listedAt when that listing began; null before the first
 * @returns null when Novita was never asked
 */
export function lastSeenAt(record: InstanceRecord, listedAt: Timestamp | null): Timestamp | null {
  const { observedAt } = record;
  if (listedAt === null || !isCovered(record, listedAt)) return observedAt;
  return observedAt !== null && observedAt > listedAt ? observedAt : listedAt;
}

/**
 * How fresh the picture of an instance is: when it was last seen, or, before the first time, when the wish was written
 * that is all there is to know.
 */
export function dataAsOf(record: InstanceRecord, listedAt: Timestamp | null): Timestamp {
  return lastSeenAt(record, listedAt) ?? record.desired.at;
}

/**
 * The age of a list is that of its oldest picture. What is gone for good cannot age and does not count.
 *
 * @param now for a list without anything that can age
 */
export function listAsOf(records: readonly InstanceRecord[], listedAt: Timestamp | null, now: Timestamp): Timestamp {
  let oldest = now;
  for (const record of records) {
    if (record.status === 'terminated') continue;
    const asOf = dataAsOf(record, listedAt);
    if (asOf < oldest) oldest = asOf;
  }
  return oldest;
}

/** Whether a listing that began then says something about the record although it was not written for it. */
function isCovered(
  { status, missingSince, novitaInstanceId, timestamps }: InstanceRecord,
  listedAt: Timestamp,
): boolean {
  return isLive(status) && missingSince === null && novitaInstanceId !== null && timestamps.created < listedAt;
}
