import type { InstanceRecord } from '@app/instance-store';
import type { Timestamp } from '@app/platform';

/**
 * How fresh the picture of an instance is: when Novita was last asked, or, before the first time, when the wish was
 * written that is all there is to know.
 */
export function dataAsOf(record: InstanceRecord): Timestamp {
  return record.observedAt ?? record.desired.at;
}

/**
 * The age of a list is that of its oldest picture. What is gone for good cannot age and does not count.
 *
 * @param now for a list without anything that can age
 */
export function listAsOf(records: readonly InstanceRecord[], now: Timestamp): Timestamp {
  let oldest = now;
  for (const record of records) {
    if (record.status === 'terminated') continue;
    const asOf = dataAsOf(record);
    if (asOf < oldest) oldest = asOf;
  }
  return oldest;
}
