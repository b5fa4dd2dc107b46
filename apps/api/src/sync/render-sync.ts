import { type ApiKeyHolder, Problem } from '@app/platform';
import { syncProblems } from '@app/sync';
import {
  type HistorySummary,
  presentNamespaces,
  presentSyncStatus,
  type SyncHistoryEntry,
  type SyncSnapshot,
  UNKNOWN_SYNC,
} from '@app/sync-status';
import { present } from '../core/http/answer.js';
import { errorWithoutKey } from '../core/http/api-headers.js';
import type { SourceStatusView, SyncHistoryView, SyncRunView, SyncStatusDocument } from './sync-status.dto.js';

/** While Redis is away, a client asks again after so long. */
const UNKNOWN_RETRY_SECONDS = 5;

/**
 * How far the sync is, for routes that anybody may read: names of keys and what Novita answered are for holders of a key.
 *
 * @param caller null for a request without a key
 * @param now epoch milliseconds
 * @param sources all sources in short, to be shown beside it; null for none
 * @returns null while nothing is known of the sync
 */
export function syncStatusFor(
  caller: ApiKeyHolder | null,
  snapshot: SyncSnapshot,
  now: number,
  sources: readonly SourceStatusView[] | null = null,
): SyncStatusDocument | null {
  if (snapshot === UNKNOWN_SYNC) return null;
  const whole: SyncStatusDocument = { ...presentSyncStatus(snapshot, now), ...present('sources', sources) };
  if (caller !== null) return whole;
  const { error, paused, resourceStatus, ...status } = whole;
  return {
    ...status,
    resourceStatus: resourceStatus.map((resource) => ({
      name: resource.name,
      status: resource.status,
      count: resource.count,
      ...present('total', resource.total),
      ...(resource.error !== undefined && { error: errorWithoutKey([resource]) }),
    })),
    ...(error !== undefined && { error: errorWithoutKey(resourceStatus) }),
    ...(paused !== undefined && { paused: { since: paused.since } }),
  };
}

export function unknownSync(): Problem {
  return new Problem(syncProblems['sync-unavailable'], {
    detail: 'Redis was not reached since this process began, so the status of the sync is not known.',
    retryAfterSeconds: UNKNOWN_RETRY_SECONDS,
  });
}

/** @param limit how many of the runs are shown */
export function renderHistory(summary: HistorySummary, limit: number): SyncHistoryView {
  return {
    runs: summary.runs.slice(0, limit).map(renderRun),
    count: summary.count,
    ...present('averageDurationMs', summary.averageDurationMs),
    ...present('failureRate', summary.failureRate),
  };
}

function renderRun(entry: SyncHistoryEntry): SyncRunView {
  return {
    runId: entry.runId,
    trigger: entry.trigger,
    requestedBy: entry.requestedBy,
    outcome: entry.outcome,
    ...present('error', entry.error),
    startTime: entry.startedAt,
    endTime: entry.endedAt,
    duration: entry.durationMs,
    ...present('changes', entry.changes === null ? null : { ...entry.changes }),
    ...present('novitaInstances', entry.novitaInstances),
    held: entry.held,
    failedResources: entry.resources.filter(({ status }) => status === 'failed').map(({ name }) => name),
    resourceStatus: entry.resources.map((resource) => ({
      name: resource.name,
      status: resource.status,
      count: resource.count,
      ...present('total', resource.total),
      ...present('error', resource.error),
      ...present('note', resource.note),
      ...presentNamespaces(resource),
    })),
  };
}
