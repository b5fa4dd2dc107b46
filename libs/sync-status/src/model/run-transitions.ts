/** How a run changes the shared status, from its beginning to its end. Pure. */
import type { SyncTrigger } from '@app/jobs';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import { failedWith } from './kind-progress.js';
import {
  type ChangeCounts,
  type HeldSummary,
  pending,
  type RunStatus,
  type SyncHistoryEntry,
  type SyncStep,
} from './sync-status.js';

const STEPS: readonly SyncStep[] = ['cleanup', 'sync', 'informer', 'done'];

/** How a run ended. */
export interface RunEnd {
  readonly outcome: 'completed' | 'failed';
  /** Why it failed; ignored for a run that completed. */
  readonly error: string | null;
  /** Null when they were not counted. */
  readonly changes: ChangeCounts | null;
  readonly at: Timestamp;
  /** Left out by a run that did not judge missing instances: a held listing stays held. */
  readonly held?: HeldSummary | null;
  /** When the listing of instances began, if it was carried through; left out otherwise. */
  readonly instancesAsOf?: Timestamp;
  /** When a failed run is tried again; null or left out when it is not tried again by itself. */
  readonly nextRetryAt?: Timestamp | null;
  readonly nextRunAt?: Timestamp | null;
  readonly expectedDurationMs?: number | null;
}

/** What a run is to do, as far as its status shows it. */
export interface RunOrder {
  /** A ULID. */
  readonly runId: string;
  readonly trigger: SyncTrigger;
  /** Never empty; in the order in which they are shown. */
  readonly resources: readonly string[];
  /** How many runs in a row had failed before this one. */
  readonly retry: number;
}

/**
 * The status as a run begins. It keeps what earlier runs left for this one, and forgets what they did.
 *
 * @param previous may still be in progress: its worker is gone, and it counts as one more failed run
 * @param leaseUntil when the lock lapses unless it is renewed
 * @param expectedDurationMs null when nobody knows; that of `previous` when left out
 */
export function beginRun(
  previous: RunStatus,
  order: RunOrder,
  at: Timestamp,
  leaseUntil: Timestamp,
  expectedDurationMs: number | null = previous.expectedDurationMs,
): RunStatus {
  return {
    runId: order.runId,
    trigger: order.trigger,
    state: 'in_progress',
    step: 'cleanup',
    currentResource: null,
    resources: order.resources.map(pending),
    startedAt: at,
    endedAt: null,
    error: null,
    changes: null,
    held: previous.held,
    retry: { count: Math.max(order.retry, failedInARow(previous)), nextAt: null },
    nextRunAt: previous.nextRunAt !== null && previous.nextRunAt > at ? previous.nextRunAt : null,
    expectedDurationMs,
    lastSuccess: previous.lastSuccess,
    instancesAsOf: previous.instancesAsOf,
    leaseUntil,
  };
}

function failedInARow({ state, retry }: RunStatus): number {
  switch (state) {
    case 'not_started':
    case 'completed':
      return 0;
    case 'failed':
      return retry.count;
    case 'in_progress':
      return retry.count + 1;
  }
}

/** Steps are never taken back; the same object when there is nothing to change. */
export function atStep(run: RunStatus, step: SyncStep): RunStatus {
  if (run.state !== 'in_progress' || rankOf(step) <= rankOf(run.step)) return run;
  return { ...run, step, currentResource: step === 'sync' ? run.currentResource : null };
}

function rankOf(step: SyncStep | null): number {
  return step === null ? -1 : STEPS.indexOf(step);
}

/** The lock was renewed. */
export function renewed(run: RunStatus, leaseUntil: Timestamp): RunStatus {
  return run.state === 'in_progress' ? { ...run, leaseUntil } : run;
}

/** The status after the run. Kinds that it did not reach stay pending; kinds that it had begun have failed with it. */
export function endRun(run: RunStatus, end: RunEnd): RunStatus {
  const completed = end.outcome === 'completed';
  const error = completed ? null : (end.error ?? 'it ended without a reason');
  const startedAt = run.startedAt ?? end.at;
  // Clocks are set back now and then; a negative duration helps nobody.
  const endedAt = end.at < startedAt ? startedAt : end.at;
  return {
    ...run,
    state: end.outcome,
    step: completed ? 'done' : run.step,
    currentResource: null,
    resources: error === null ? run.resources : run.resources.map((resource) => failedWith(resource, error)),
    startedAt,
    endedAt,
    error,
    changes: end.changes,
    held: end.held === undefined ? run.held : end.held,
    retry: completed ? { count: 0, nextAt: null } : { count: run.retry.count + 1, nextAt: end.nextRetryAt ?? null },
    nextRunAt: end.nextRunAt === undefined ? run.nextRunAt : end.nextRunAt,
    expectedDurationMs: end.expectedDurationMs === undefined ? run.expectedDurationMs : end.expectedDurationMs,
    lastSuccess: completed && run.runId !== null ? { runId: run.runId, startedAt, endedAt } : run.lastSuccess,
    instancesAsOf: end.instancesAsOf ?? run.instancesAsOf,
    leaseUntil: null,
  };
}

/**
 * The end of a run that is still in progress although another one has the lock: its worker ended before it did.
 *
 * @param next the run that begins; one that a worker takes over from another is not dead
 * @param changes of the dead run, null when they were not counted
 * @returns null when there is none
 */
export function endDeadRun(
  previous: RunStatus,
  next: { readonly runId: string; readonly startedAt: Timestamp },
  changes: ChangeCounts | null,
): {
  readonly runId: string;
  readonly reason: string;
  readonly run: RunStatus;
  readonly history: SyncHistoryEntry;
} | null {
  const { runId } = previous;
  if (previous.state !== 'in_progress' || runId === null || runId === next.runId) return null;
  const reason = 'its worker ended before the run did';
  const run = endRun(previous, { outcome: 'failed', error: reason, changes, at: next.startedAt });
  const requestedBy = run.trigger === 'manual' ? 'user:unknown' : 'sync';
  return { runId, reason, run, history: historyEntryOf(run, { requestedBy, novitaInstances: null, held: false }) };
}

/** The entry in the history of a run that has ended. */
export function historyEntryOf(
  run: RunStatus,
  { requestedBy, novitaInstances, held }: Pick<SyncHistoryEntry, 'requestedBy' | 'novitaInstances' | 'held'>,
): SyncHistoryEntry {
  const startedAt = run.startedAt ?? run.endedAt;
  if (run.runId === null || run.endedAt === null || startedAt === null) throw new Error('the run has not ended');
  return {
    runId: run.runId,
    trigger: run.trigger ?? 'schedule',
    requestedBy,
    outcome: run.state === 'completed' ? 'completed' : 'failed',
    error: run.error,
    startedAt,
    endedAt: run.endedAt,
    durationMs: Math.max(0, msFromTimestamp(run.endedAt) - msFromTimestamp(startedAt)),
    changes: run.changes,
    novitaInstances,
    held,
    resources: run.resources,
  };
}
