import type { HistorySummary, SyncHistoryEntry } from '@app/sync';
import { present } from '../http/present.js';
import type { SyncHistoryView, SyncRunView } from './sync-history.dto.js';

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
