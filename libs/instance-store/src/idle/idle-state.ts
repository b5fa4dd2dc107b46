import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { InstanceRecord } from '../instance.js';
import type { InstanceStatus } from '../instance-status.js';
import { type IdleClock, type IdleRules, idleCounting, idleSinceMs } from './idle-clock.js';

/** What a touch must know of a record; kept beside the document, so that it need not be read. */
export interface IdleState {
  readonly status: InstanceStatus;
  /** Null when idleness does not count. */
  readonly clock: IdleClock | null;
}

export function idleStateOf(record: InstanceRecord, rules: IdleRules): IdleState {
  const counting = idleCounting(record, rules);
  return { status: record.status, clock: counting.counts ? counting.clock : null };
}

/** `status`, or `status base threshold warning` in milliseconds when idleness counts; scripts read it. */
export function idleStateText({ status, clock }: IdleState): string {
  return clock === null ? status : `${status} ${clock.baseMs} ${clock.thresholdMs} ${clock.warningMs}`;
}

/**
 * When auto-stop must look at an instance: at the time of its warning or, once it was warned about in this idle period,
 * of its stop. `idleDue` in idle.lua works the same out for Redis, which alone knows the latest use.
 *
 * @param warnedMs the beginning of the idle period that was warned about last; null for none
 * @returns epoch milliseconds; null when idleness does not count
 */
export function idleDueMs(
  clock: IdleClock | null,
  lastUsedAt: Timestamp | null,
  warnedMs: number | null,
): number | null {
  if (clock === null) return null;
  const since = idleSinceMs(clock, lastUsedAt);
  return since + clock.thresholdMs - (warnedMs === since ? 0 : clock.warningMs);
}

/** As scripts compare last-used: -1 is before every use. */
export function msOrBefore(lastUsedAt: Timestamp | null): number {
  return lastUsedAt === null ? -1 : msFromTimestamp(lastUsedAt);
}
