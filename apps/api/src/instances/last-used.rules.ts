import type { InstanceStatus } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';

/** Clocks of clients are seldom exact. */
const TOLERATED_SKEW_MS = 5_000;

export type LastUsedVerdict =
  | { readonly valid: true; readonly at: Timestamp }
  | { readonly valid: false; readonly detail: string };

/** A report of the future would keep an instance alive that nobody uses. Within the skew it means "now". */
export function notInFuture(reportedMs: number, nowMs: number): LastUsedVerdict {
  if (!Number.isFinite(reportedMs) || reportedMs < 0) return { valid: false, detail: 'is not a time that exists' };
  if (reportedMs > nowMs + TOLERATED_SKEW_MS) return { valid: false, detail: 'lies in the future' };
  return { valid: true, at: timestampFromMs(Math.min(reportedMs, nowMs)) };
}

/** A use before the present run says nothing about it. */
export function notBeforeStart(at: Timestamp, startedAt: Timestamp): LastUsedVerdict {
  if (Date.parse(at) >= Date.parse(startedAt) - TOLERATED_SKEW_MS) return { valid: true, at };
  return { valid: false, detail: `lies before the start of the instance at ${startedAt}` };
}

/** The end that a report of use does not prevent; null where there is nothing to add. */
const TOO_LATE: Readonly<Record<InstanceStatus, string | null>> = {
  creating: null,
  created: null,
  starting: null,
  running: null,
  health_checking: null,
  ready: null,
  restarting: null,
  migrating: null,
  stopping: 'but it is being stopped: the report came too late',
  stopped: 'but it is stopped, and a report of use does not start it',
  deleting: 'but it is being deleted',
  terminated: 'but it is gone',
  failed: 'but it has failed, and a report of use does not start it',
};

/**
 * The result of a report of use. Holds no character that JSON escapes.
 *
 * @param moved whether it is the latest use that is known
 */
export function lastUsedMessage(moved: boolean, status: InstanceStatus): string {
  const outcome = moved ? 'Last used time updated' : 'A later use is known already';
  const tooLate = TOO_LATE[status];
  return tooLate === null ? outcome : `${outcome}, ${tooLate}`;
}
