import { msFromTimestamp } from '@app/platform';
import type { RunStatus } from '../sync-status.js';

export interface SyncExpectations {
  /** Whether runs are made by schedule. */
  readonly automatic: boolean;
  readonly intervalMs: number;
  /** When this process began, in epoch milliseconds. */
  readonly bornAt: number;
}

/** So many periods may go by without a success, and a run may take this long, before it is trouble. */
const PERIODS = 3;
const RUN_ALLOWANCE_MS = 60_000;

/**
 * Why the sync makes the process of limited use, in words for everybody; null when it does not.
 *
 * @param run as it is to be shown
 * @param now epoch milliseconds
 */
export function syncTrouble(run: RunStatus, expected: SyncExpectations, now: number): string | null {
  if (run.held !== null) return 'a listing lacks too many instances and is held back';
  if (run.state === 'failed') return 'the latest sync failed';
  if (run.retry.count > 0) return 'the latest sync failed and is being tried again';
  // Every worker syncs when it starts: until then, an old success tells only that nothing ran for a while.
  const sinceMs = Math.max(expected.bornAt, run.lastSuccess === null ? 0 : msFromTimestamp(run.lastSuccess.endedAt));
  const isOverdue = now - sinceMs > expected.intervalMs * PERIODS + RUN_ALLOWANCE_MS;
  return expected.automatic && isOverdue ? 'no sync has completed for more than three intervals' : null;
}
