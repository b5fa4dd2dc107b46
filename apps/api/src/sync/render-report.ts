import { oneLine, Problem } from '@app/platform';
import type { SyncReport } from '@app/sync';
import { present } from '../http/present.js';
import { API_PROBLEMS } from '../problems/api.problems.js';
import type { SyncInstancesAnswer, SyncResultData } from './sync-instances.dto.js';

const MAX_ERROR_LENGTH = 500;

/**
 * The answer to a sync by hand. One in which another kind failed is told as such beside what it did; one that did not
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
    return `Dry run: nothing was changed; ${actionCount} action${actionCount === 1 ? '' : 's'} would be taken`;
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
