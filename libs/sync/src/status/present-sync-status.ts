import { msFromTimestamp } from '@app/platform';
import { effectiveRun } from './effective-run.js';
import { estimateRemaining } from './estimate-remaining.js';
import { settledCount } from './run-status.js';
import type { ResourceProgress, RunStatus, SyncSnapshot } from './sync-status.js';
import type { LastSuccessJson, ResourceStatusJson, SyncStatusJson } from './sync-status-json.js';

/** A page of an upstream's error is of no use to anybody. */
const LONGEST_TEXT = 2_000;

/**
 * What `GET /sync/status` answers.
 *
 * @param now epoch milliseconds
 */
export function presentSyncStatus({ run: stored, paused }: SyncSnapshot, now: number): SyncStatusJson {
  const run = effectiveRun(stored, now);
  const isPaused = paused !== null;
  return {
    status: run.state,
    ...given('step', run.step),
    ...given('currentResource', run.currentResource),
    totalResources: run.resources.length,
    syncedResources: settledCount(run),
    ...given('startTime', run.startedAt),
    ...given('endTime', run.endedAt),
    ...given('duration', durationOf(run)),
    ...given('error', run.error === null ? null : shortened(run.error)),
    resourceStatus: run.resources.map(presentResource),
    ...given('runId', run.runId),
    ...given('trigger', run.trigger),
    ...given('estimatedRemainingSeconds', estimateRemaining(run, now)),
    ...given('held', run.held),
    ...given('retryCount', run.retry.count === 0 ? null : run.retry.count),
    ...given('nextRetry', isPaused ? null : run.retry.nextAt),
    ...given('nextRun', isPaused ? null : run.nextRunAt),
    ...given('paused', paused),
    ...given('lastSuccess', lastSuccessOf(run)),
    ...given('instancesAsOf', run.instancesAsOf),
  };
}

/** Milliseconds that a run took; null while there is no end. */
export function durationOf({ startedAt, endedAt }: RunStatus): number | null {
  if (startedAt === null || endedAt === null) return null;
  return Math.max(0, msFromTimestamp(endedAt) - msFromTimestamp(startedAt));
}

function presentResource({ name, status, count, total, error, note }: ResourceProgress): ResourceStatusJson {
  return {
    name,
    status,
    count,
    ...given('total', total),
    ...given('error', error === null ? null : shortened(error)),
    ...given('note', note === null ? null : shortened(note)),
  };
}

function lastSuccessOf({ lastSuccess }: RunStatus): LastSuccessJson | null {
  if (lastSuccess === null) return null;
  return { runId: lastSuccess.runId, startTime: lastSuccess.startedAt, endTime: lastSuccess.endedAt };
}

/** Null is what does not apply. */
function given<Name extends string, Value>(name: Name, value: Value | null): { readonly [_ in Name]?: Value } {
  return (value === null ? {} : { [name]: value }) as { readonly [_ in Name]?: Value };
}

function shortened(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 3)}...`;
}
