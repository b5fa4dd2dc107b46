import { type ApiKeyHolder, oneLine, Problem } from '@app/platform';
import {
  type HistorySummary,
  presentSyncStatus,
  type SyncHistoryEntry,
  type SyncReport,
  type SyncSnapshot,
  syncProblems,
  UNKNOWN_SYNC,
} from '@app/sync';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { present } from '../core/http/answer.js';
import { errorWithoutKey } from '../core/http/api-headers.js';
import type { SyncInstancesAnswer, SyncResultData } from './sync-instances.dto.js';
import type { SyncHistoryView, SyncRunView, SyncStatusDocument } from './sync-status.dto.js';

/** While Redis is away, a client asks again after so long. */
const UNKNOWN_RETRY_SECONDS = 5;

/**
 * How far the sync is, for routes that anybody may read: names of keys and what Novita answered are for holders of a key.
 *
 * @param caller null for a request without a key
 * @param now epoch milliseconds
 * @returns null while nothing is known of the sync
 */
export function syncStatusFor(
  caller: ApiKeyHolder | null,
  snapshot: SyncSnapshot,
  now: number,
): SyncStatusDocument | null {
  if (snapshot === UNKNOWN_SYNC) return null;
  const whole: SyncStatusDocument = presentSyncStatus(snapshot, now);
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
    changes: { ...entry.changes },
    ...present('novitaInstances', entry.novitaInstances),
    held: entry.held,
    failedResources: entry.resources.filter(({ status }) => status === 'failed').map(({ name }) => name),
    resourceStatus: entry.resources.map(({ name, status, count, total, error, note }) => ({
      name,
      status,
      count,
      ...present('total', total),
      ...present('error', error),
      ...present('note', note),
    })),
  };
}

const MAX_ERROR_LENGTH = 500;

/**
 * The answer to a sync by hand. A run in which another kind failed says so beside what it did; a run that did not
 * do what it was asked for is a failure.
 *
 * @throws Problem `sync-failed`
 */
export function renderReport(report: SyncReport, joined: boolean): SyncInstancesAnswer {
  if (report.outcome === 'failed' && !isCarriedThrough(report)) throw syncFailed(report);
  return { success: report.outcome === 'completed', message: messageOf(report), data: dataOf(report, joined) };
}

/** Whether something was done, the instances among it if they were asked for. */
function isCarriedThrough({ failures, options }: SyncReport): boolean {
  const failed = new Set(failures.map(({ resource }) => resource));
  return failed.size > 0 && failed.size < options.resources.length && !failed.has('instances');
}

function syncFailed(report: SyncReport): Problem {
  return new Problem(API_PROBLEMS['sync-failed'], {
    detail: oneLine(`The sync failed: ${report.error ?? 'nobody knows why'}`, MAX_ERROR_LENGTH),
    extensions: { runId: report.runId, failures: failuresOf(report) },
  });
}

function messageOf({ options, outcome, failures, held, actionCount }: SyncReport): string {
  if (options.dryRun)
    return `Dry run: nothing was changed; ${actionCount} action${actionCount === 1 ? '' : 's'} would be carried out`;
  if (outcome === 'failed') return `Synchronized except for ${failures.map(({ resource }) => resource).join(', ')}`;
  if (held !== null) return 'Instances synchronized, but those that are missing are held back';
  if (!options.resources.includes('instances')) return 'Catalogue synchronized successfully';
  return 'Instances synchronized successfully';
}

function dataOf(report: SyncReport, joined: boolean): SyncResultData {
  const { changes, options } = report;
  return {
    beforeSync: report.recordsBefore,
    afterSync: report.recordsAfter,
    ...present('novitaInstances', report.novitaInstances),
    localInstances: report.recordsBefore,
    ...present('mergedInstances', report.novitaInstances),
    totalInstances: report.recordsAfter,
    instancesRemoved: changes.removed,
    duration: report.durationMs,
    timestamp: report.endedAt,
    options: { ...options, resources: [...options.resources] },
    updated: changes.updated,
    created: changes.created,
    adopted: changes.adopted,
    markedTerminated: changes.markedTerminated,
    leftMissing: changes.leftMissing,
    ...present('held', report.held),
    ...present('unclean', report.unclean),
    joined,
    runId: report.runId,
    failures: failuresOf(report),
    ...(options.dryRun && {
      actions: report.actions.map((action) => ({ ...action })),
      actionCount: report.actionCount,
    }),
  };
}

function failuresOf({ failures }: SyncReport): SyncResultData['failures'] {
  return failures.map(({ resource, error }) => ({ resource, error: oneLine(error, MAX_ERROR_LENGTH) }));
}
