/** What a finished run says of itself: its report, its entry in the history, and its lines in the log. */
import { msFromTimestamp, oneLine, type Timestamp } from '@app/platform';
import { Logger } from '@nestjs/common';
import type { InstancePassResult } from '../instances/instance-pass.js';
import {
  type ChangeCounts,
  type HeldListing,
  MAX_ACTIONS,
  NO_CHANGES,
  type PlannedAction,
  type SyncKind,
  type SyncOrder,
  type SyncReport,
} from '../model/sync-run.js';
import type { RunStatus, SyncHistoryEntry } from '../model/sync-status.js';

/** What a run found and did between its beginning and its end. */
export interface StepFindings {
  readonly recordsBefore: number;
  readonly recordsAfter: number;
  readonly purged: number;
  /** Of the cleanup of a dry run. */
  readonly purges: readonly PlannedAction[];
  /** Null when instances were not part of it, or failed. */
  readonly instances: InstancePassResult | null;
  readonly failures: SyncReport['failures'];
}

/** The findings of a run that failed before its steps had found anything. */
export const NOTHING_FOUND: StepFindings = {
  recordsBefore: 0,
  recordsAfter: 0,
  purged: 0,
  purges: [],
  instances: null,
  failures: [],
};

interface RunFindings extends StepFindings {
  readonly order: SyncOrder;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** An error of no kind of resources, such as that the records could not be counted. */
  readonly runError: string | null;
}

export function reportOf(findings: RunFindings): SyncReport {
  const { order, instances, failures, startedAt, endedAt, purged, purges } = findings;
  const { forceSync, handleObsoleteInstances, dryRun, resources } = order;
  const error = errorTextOf(failures, findings.runError);
  return {
    runId: order.runId,
    outcome: error === null ? 'completed' : 'failed',
    error,
    options: { forceSync, handleObsoleteInstances, dryRun, resources },
    startedAt,
    endedAt,
    durationMs: durationMs(startedAt, endedAt),
    recordsBefore: findings.recordsBefore,
    recordsAfter: findings.recordsAfter,
    novitaInstances: instances?.verdict.distinct ?? null,
    unclean: instances === null || instances.verdict.clean ? null : instances.verdict.reason,
    changes: withPurged(instances?.changes ?? NO_CHANGES, purged),
    held: instances?.held?.summary ?? null,
    failures,
    actions: [...purges, ...(instances?.actions ?? [])].slice(0, MAX_ACTIONS),
    actionCount: purges.length + (instances?.actionCount ?? 0),
  };
}

function errorTextOf(
  failures: readonly { readonly resource: SyncKind; readonly error: string }[],
  runError: string | null,
): string | null {
  // An error that several kinds share, as when the key is refused, is named once, before the kinds: lines are cut.
  const kindsByError = Map.groupBy(failures, ({ error }) => error);
  const texts = [...kindsByError].map(
    ([error, kinds]) => `${error} (${kinds.map(({ resource }) => resource).join(', ')})`,
  );
  if (runError !== null) texts.unshift(runError);
  return texts.length === 0 ? null : texts.join('; ');
}

export function historyEntryOf(report: SyncReport, order: SyncOrder, ended: RunStatus): SyncHistoryEntry {
  const { runId, outcome, error, startedAt, endedAt, changes, novitaInstances } = report;
  return {
    runId,
    trigger: order.trigger,
    requestedBy: order.requestedBy,
    outcome,
    error,
    startedAt,
    endedAt,
    durationMs: report.durationMs,
    changes,
    novitaInstances,
    held: report.held !== null,
    resources: ended.resources,
  };
}

/** The entry of a run whose worker died; the next run writes it. */
export function historyOfDead(ended: RunStatus, runId: string, at: Timestamp): SyncHistoryEntry {
  const trigger = ended.trigger ?? 'schedule';
  const startedAt = ended.startedAt ?? at;
  const endedAt = ended.endedAt ?? at;
  return {
    runId,
    trigger,
    requestedBy: trigger === 'manual' ? 'user:unknown' : 'sync',
    outcome: 'failed',
    error: ended.error,
    startedAt,
    endedAt,
    durationMs: durationMs(startedAt, endedAt),
    changes: ended.changes ?? NO_CHANGES,
    novitaInstances: null,
    held: false,
    resources: ended.resources,
  };
}

/**
 * What the run leaves held back for the next one: its held listing, null for nothing any more, undefined for "as before"
 * when it did not judge absences.
 */
export function heldAfter(
  { handleObsoleteInstances }: Pick<SyncOrder, 'handleObsoleteInstances'>,
  instances: InstancePassResult | null,
): HeldListing | null | undefined {
  if (instances === null) return undefined;
  if (instances.held !== null) return instances.held;
  return instances.verdict.clean && handleObsoleteInstances ? null : undefined;
}

function withPurged(changes: ChangeCounts, purged: number): ChangeCounts {
  return { ...changes, removed: changes.removed + purged };
}

function durationMs(from: Timestamp, to: Timestamp): number {
  return Math.max(0, msFromTimestamp(to) - msFromTimestamp(from));
}

const logger = new Logger('Sync');

const LONGEST_ERROR = 2_000;

/**
 * Writes the log lines by which operators follow the sync. Texts of the provider are cut to one line. The reason of a
 * failed run names each cause once with the kinds that it concerns.
 */
export function logRun(report: SyncReport): void {
  const { runId, outcome, changes, durationMs, options, error } = report;
  const run = { runId, durationMs, ...(options.dryRun ? { dryRun: true } : {}) };
  if (report.novitaInstances !== null) {
    logger.log('Instance sync completed', {
      ...run,
      updated: changes.updated,
      created: changes.created,
      removed: changes.removed,
      markedObsolete: changes.markedTerminated,
      totalNovitaInstances: report.novitaInstances,
      totalLocalInstances: report.recordsBefore,
      held: report.held !== null,
    });
  }
  if (outcome === 'failed') logger.error('Sync failed', { ...run, reason: oneLine(error ?? '', LONGEST_ERROR) });
  else logger.log('Sync completed', { ...run, resources: options.resources.length });
}
