import type { Timestamp } from '@app/platform';
import { msFromTimestamp } from '@app/platform';
import type { InstancePassResult } from '../instances/instance-pass.js';
import type { RunStatus, SyncHistoryEntry } from '../status/sync-status.js';
import type { SyncKind } from '../sync-kinds.js';
import type { SyncOrder } from './sync-options.js';
import { type ChangeCounts, MAX_ACTIONS, NO_CHANGES, type PlannedAction, type SyncReport } from './sync-report.js';

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

export interface RunFindings extends StepFindings {
  readonly order: SyncOrder;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** A failure of no kind of resources, such as that the records could not be counted. */
  readonly fault: string | null;
}

function errorTextOf(
  failures: readonly { readonly resource: SyncKind; readonly error: string }[],
  fault: string | null,
): string | null {
  // What several have in common, as when the key is refused, is said once; the cause first, for lines are cut.
  const kindsByError = Map.groupBy(failures, ({ error }) => error);
  const texts = [...kindsByError].map(
    ([error, kinds]) => `${error} (${kinds.map(({ resource }) => resource).join(', ')})`,
  );
  if (fault !== null) texts.unshift(fault);
  return texts.length === 0 ? null : texts.join('; ');
}

export function reportOf(findings: RunFindings): SyncReport {
  const { order, instances, failures, startedAt, endedAt, purged, purges } = findings;
  const { forceSync, handleObsoleteInstances, dryRun, resources } = order;
  const error = errorTextOf(failures, findings.fault);
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

/** The entry of a run whose worker died, as the next run finds it. */
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

/** For a run that failed before its steps had found anything. */
export const NOTHING_FOUND: StepFindings = {
  recordsBefore: 0,
  recordsAfter: 0,
  purged: 0,
  purges: [],
  instances: null,
  failures: [],
};

/**
 * What the run leaves held back for the next one: what it holds, null for nothing any more, undefined for "as before"
 * when it did not judge absences.
 */
export function heldAfter(
  { handleObsoleteInstances }: Pick<SyncOrder, 'handleObsoleteInstances'>,
  instances: InstancePassResult | null,
): InstancePassResult['held'] | undefined {
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
