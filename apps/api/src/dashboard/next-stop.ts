import { type IdleRules, type InstanceRecord, idleCounting, type StoredInstance } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { autoStopAt } from '../instances/auto-stop-at.js';

export interface NextStop {
  readonly record: InstanceRecord;
  readonly stopAt: Timestamp;
}

/** Of these the one that auto-stop is to stop first, if nobody uses it until then; null when it stops none of them. */
export function nextStop(candidates: readonly StoredInstance[], rules: IdleRules): NextStop | null {
  let next: NextStop | null = null;
  for (const { record, lastUsedAt } of candidates) {
    const counting = idleCounting(record, rules);
    const stopAt = autoStopAt(counting.counts ? counting.clock : null, lastUsedAt);
    if (stopAt !== null && (next === null || stopAt < next.stopAt)) next = { record, stopAt };
  }
  return next;
}
