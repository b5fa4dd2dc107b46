import type { Timestamp } from '@app/platform';
import type { SyncOrder } from '../run/sync-options.js';
import type { ChangeCounts, HeldSummary } from '../run/sync-report.js';
import { SYNC_KINDS, type SyncKind } from '../sync-kinds.js';
import type { ResourceProgress, RunStatus, SyncStep } from './sync-status.js';

const STEPS: readonly SyncStep[] = ['cleanup', 'sync', 'informer', 'done'];

/** What a source tells of one kind. Members that are left out stay as they are. */
export interface KindReport {
  readonly status: 'in_progress' | 'completed' | 'failed';
  readonly count?: number;
  readonly total?: number | null;
  readonly error?: string | null;
  readonly note?: string | null;
}

/** How a run ended. */
export interface RunEnd {
  readonly outcome: 'completed' | 'failed';
  /** Why it failed; not looked at for one that completed. */
  readonly error: string | null;
  readonly changes: ChangeCounts;
  readonly at: Timestamp;
  /** Left out by a run that did not judge absences: what was held stays held. */
  readonly held?: HeldSummary | null;
  /** When the listing of instances began, if it was carried through; left out otherwise. */
  readonly instancesAsOf?: Timestamp;
  /** When a failed one is tried again; null or left out for not by itself. */
  readonly nextRetryAt?: Timestamp | null;
  readonly nextRunAt?: Timestamp | null;
  readonly expectedDurationMs?: number | null;
}

/** Before the first run ever. */
export const NOT_STARTED: RunStatus = {
  runId: null,
  trigger: null,
  state: 'not_started',
  step: null,
  currentResource: null,
  resources: SYNC_KINDS.map(pending),
  startedAt: null,
  endedAt: null,
  error: null,
  changes: null,
  held: null,
  retry: { count: 0, nextAt: null },
  nextRunAt: null,
  expectedDurationMs: null,
  lastSuccess: null,
  instancesAsOf: null,
  leaseUntil: null,
};

/**
 * The status as a run begins: what the runs before left for this one is kept, what they did is forgotten.
 *
 * @param previous may be in progress still: its worker is gone, and it counts as one more that failed
 * @param leaseUntil when the lock lapses unless it is renewed
 * @param expectedDurationMs null when nobody can say; that of `previous` when left out
 */
export function beginRun(
  previous: RunStatus,
  order: Pick<SyncOrder, 'runId' | 'trigger' | 'resources' | 'retry'>,
  at: Timestamp,
  leaseUntil: Timestamp,
  expectedDurationMs: number | null = previous.expectedDurationMs,
): RunStatus {
  const wanted = new Set(order.resources);
  return {
    runId: order.runId,
    trigger: order.trigger,
    state: 'in_progress',
    step: 'cleanup',
    currentResource: null,
    resources: SYNC_KINDS.filter((kind) => wanted.has(kind)).map(pending),
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

/** Steps are never taken back; the same object when there is nothing to change. */
export function atStep(run: RunStatus, step: SyncStep): RunStatus {
  if (run.state !== 'in_progress' || rankOf(step) <= rankOf(run.step)) return run;
  return { ...run, step, currentResource: step === 'sync' ? run.currentResource : null };
}

/**
 * Takes in what a source tells. Within one run a kind that was completed or has failed stays so and no count goes back,
 * although a listing may begin anew. The same object when there is nothing to change.
 */
export function withProgress(run: RunStatus, kind: SyncKind, report: KindReport): RunStatus {
  const before = run.resources.find(({ name }) => name === kind);
  if (run.state !== 'in_progress' || before === undefined || isSettled(before)) return run;
  const after = progressed(before, report);
  const resources = run.resources.map((resource) => (resource === before ? after : resource));
  const currentResource = currentOf(run.currentResource, before, resources);
  if (currentResource === run.currentResource && isEqual(before, after)) return run;
  return { ...run, resources, currentResource };
}

/** The lock was renewed. */
export function renewed(run: RunStatus, leaseUntil: Timestamp): RunStatus {
  return run.state === 'in_progress' ? { ...run, leaseUntil } : run;
}

/** The status after the run. Kinds that it did not get to stay pending; those that it had begun have failed with it. */
export function endRun(run: RunStatus, end: RunEnd): RunStatus {
  const completed = end.outcome === 'completed';
  const error = completed ? null : (end.error ?? 'it ended without a reason');
  const startedAt = run.startedAt ?? end.at;
  // Clocks are set back now and then; a duration below zero helps nobody.
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

/** How many kinds of the run are over, whichever way. */
export function settledCount(run: RunStatus): number {
  return run.resources.filter(isSettled).length;
}

/** A kind that was being read when its run ended; others as they are. */
export function failedWith(resource: ResourceProgress, error: string): ResourceProgress {
  return resource.status === 'in_progress' ? { ...resource, status: 'failed', error } : resource;
}

function pending(name: SyncKind): ResourceProgress {
  return { name, status: 'pending', count: 0, total: null, error: null, note: null };
}

function isSettled({ status }: ResourceProgress): boolean {
  return status === 'completed' || status === 'failed';
}

function rankOf(step: SyncStep | null): number {
  return step === null ? -1 : STEPS.indexOf(step);
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

function progressed(before: ResourceProgress, report: KindReport): ResourceProgress {
  const count = Math.max(before.count, report.count ?? 0);
  const total = report.total ?? before.total;
  return {
    name: before.name,
    status: report.status,
    count,
    total: total === null ? null : Math.max(total, count),
    error: report.error === undefined ? before.error : report.error,
    note: report.note === undefined ? before.note : report.note,
  };
}

/** The kind that began last among those being read, and when it is over, the first of the others. */
function currentOf(
  current: SyncKind | null,
  before: ResourceProgress,
  resources: readonly ResourceProgress[],
): SyncKind | null {
  const reading = resources.filter(({ status }) => status === 'in_progress').map(({ name }) => name);
  if (before.status === 'pending' && reading.includes(before.name)) return before.name;
  return current !== null && reading.includes(current) ? current : (reading[0] ?? null);
}

function isEqual(a: ResourceProgress, b: ResourceProgress): boolean {
  return (
    a.status === b.status && a.count === b.count && a.total === b.total && a.error === b.error && a.note === b.note
  );
}
