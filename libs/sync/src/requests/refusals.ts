import { formatDuration, msFromTimestamp, Problem } from '@app/platform';
import { type LockHolder } from '@app/redis';
import { syncProblems } from '../problems/sync.problems.js';
import { runOfPurpose } from '../run/sync-lock.js';
import { estimateRemaining } from '../status/estimate-remaining.js';
import type { RunStatus } from '../status/sync-status.js';

const UNAVAILABLE_RETRY_SECONDS = 5;
/** A worker that was just started has announced itself by then. */
const NO_WORKER_RETRY_SECONDS = 10;

/**
 * @param run as this process knows it: tells how long the holder will take if it is the holder's
 * @param now epoch milliseconds
 */
export function inProgress(holder: LockHolder, run: RunStatus, now: number): Problem {
  const { runId, dryRun } = runOfPurpose(holder.purpose);
  const ageMs = Math.max(0, now - msFromTimestamp(holder.since));
  const ageSeconds = Math.round(ageMs / 1_000);
  const remainingSeconds = run.runId === runId ? estimateRemaining(run, now) : null;
  const detail = `A ${dryRun ? 'dry run of the sync' : 'sync'} has been under way for ${formatDuration(ageSeconds * 1_000)}, by ${holder.owner}.`;
  return new Problem(syncProblems['sync-in-progress'], {
    detail,
    retryAfterSeconds: Math.max(1, remainingSeconds ?? Math.ceil(holder.remainingMs / 1_000)),
    extensions: { owner: holder.owner, runId, dryRun, since: holder.since, ageSeconds },
  });
}

export function noWorker(): Problem {
  return new Problem(syncProblems['no-worker'], {
    detail: 'No worker process is alive to carry out the sync.',
    retryAfterSeconds: NO_WORKER_RETRY_SECONDS,
  });
}

export function unavailable(detail: string, cause?: unknown): Problem {
  return new Problem(syncProblems['sync-unavailable'], {
    detail,
    retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS,
    cause,
  });
}
