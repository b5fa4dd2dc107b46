import type { InstanceRecord } from '@app/instance-store';
import { msFromTimestamp, type Timestamp } from '@app/platform';

export type Absence =
  /** Its record has ended, so nothing is missed. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'leave'; readonly reason: string }
  /** It should have been listed: whether it is obsolete is for a GET to say. */
  | { readonly kind: 'candidate' };

/**
 * What it means that a clean listing does not have an instance.
 *
 * @param listing when its first request went out
 * @param graceMs how much older than that a record must be; what is younger may have come after its page was read
 */
export function judgeMissing(
  record: InstanceRecord,
  listing: { readonly startedAt: Timestamp },
  graceMs: number,
): Absence {
  if (record.status === 'terminated') return { kind: 'nothing' };
  const ripe = msFromTimestamp(listing.startedAt) - graceMs;
  const { created } = record.timestamps;
  if (msFromTimestamp(created) > ripe) return leave(`it was made at ${created}, too shortly before the listing`);
  const { observedAt } = record;
  if (observedAt !== null && msFromTimestamp(observedAt) > ripe) {
    return leave(`it was seen at ${observedAt}, too shortly before the listing`);
  }
  if (record.attempts.openCreate !== null)
    return leave('a create of unknown outcome is open, which the life cycle closes');
  if (record.status === 'migrating' && record.origin !== 'discovered') {
    return leave('it is being migrated, which ends when the old and the new one are accounted for');
  }
  return { kind: 'candidate' };
}

function leave(reason: string): Absence {
  return { kind: 'leave', reason };
}
