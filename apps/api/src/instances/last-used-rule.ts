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
