import { msFromTimestamp } from '@app/platform';
import { failedWith } from './run-status.js';
import type { RunStatus } from './sync-status.js';

/** The clocks of hosts differ a little, and a renewal takes a moment to be heard of. */
const LEASE_MARGIN_MS = 2_000;

const WORKER_GONE = 'its worker is gone; the next run starts anew';

/**
 * The run as it is to be shown. One that is in progress although its lock has lapsed is not: its worker was killed or
 * is cut off, and nobody is left to write so. The same object in all other cases.
 *
 * @param now epoch milliseconds
 */
export function effectiveRun(run: RunStatus, now: number): RunStatus {
  if (now <= lapsesAt(run) || run.leaseUntil === null) return run;
  return {
    ...run,
    state: 'failed',
    currentResource: null,
    resources: run.resources.map((resource) => failedWith(resource, WORKER_GONE)),
    endedAt: run.leaseUntil,
    error: WORKER_GONE,
    leaseUntil: null,
  };
}

/** After this time in epoch milliseconds, a run that is in progress counts as failed; Infinity for never. */
export function lapsesAt({ state, leaseUntil }: RunStatus): number {
  return state === 'in_progress' && leaseUntil !== null
    ? msFromTimestamp(leaseUntil) + LEASE_MARGIN_MS
    : Number.POSITIVE_INFINITY;
}
