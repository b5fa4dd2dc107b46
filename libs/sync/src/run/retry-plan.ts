import type { SyncTrigger } from '@app/jobs';

const FIRST_PAUSE_MS = 30_000;
/** Retries in a row; after them the schedule goes on alone. */
const MOST_RETRIES = 5;

/**
 * When a failed run is tried again by itself.
 *
 * @param failedInARow how many runs in a row have failed, this one included
 * @param intervalMs from one scheduled run to the next: no pause is longer
 * @returns ms from now; null for not before the next scheduled run
 */
export function retryPauseMs(trigger: SyncTrigger, failedInARow: number, intervalMs: number): number | null {
  // Whoever started it by hand is told that it failed and decides.
  if (trigger === 'manual' || failedInARow > MOST_RETRIES) return null;
  return Math.min(FIRST_PAUSE_MS * 2 ** (failedInARow - 1), intervalMs);
}
