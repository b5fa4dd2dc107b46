/** The shared status of the sync with a source: its shapes, and how a run changes it from its beginning to its end. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { SyncTrigger } from '@app/jobs';
import { msFromTimestamp, type Timestamp } from '@app/platform';

export type SyncState = 'not_started' | 'in_progress' | 'completed' | 'failed';
export type SyncStep = 'cleanup' | 'sync' | 'informer' | 'done';

/** The changes of a run to what is mirrored; with a dry run, those that it would make. */
export interface ChangeCounts {
  /** Records whose content changed. */
  readonly updated: number;
  /** New records, adopted and discovered ones. */
  readonly created: number;
  /** Of `created`, ours that had lost their record; and records that learned their instance. */
  readonly adopted: number;
  readonly removed: number;
  readonly markedTerminated: number;
  /** Missing from a clean listing, and left alone: too young, held, not handled, or still known to the provider. */
  readonly leftMissing: number;
}

export const NO_CHANGES: ChangeCounts = {
  updated: 0,
  created: 0,
  adopted: 0,
  removed: 0,
  markedTerminated: 0,
  leftMissing: 0,
};

/** A listing that the mass-removal guard holds back. */
export interface HeldSummary {
  readonly since: Timestamp;
  readonly reason: string;
  /** Records that would be removed or marked. */
  readonly wouldRemove: number;
}

export interface ResourceProgress {
  /** A kind of resources of the source. */
  readonly name: string;
  readonly status: 'pending' | 'in_progress' | 'completed' | 'failed';
  /** Items read so far. */
  readonly count: number;
  /** Items there should be, once a page has stated it. */
  readonly total: number | null;
  readonly error: string | null;
  /** Something worth knowing of a completed kind, such as that its listing was unclean. */
  readonly note: string | null;
  /** How far each namespace is; only of a source that has namespaces. */
  readonly namespaces?: NamespacesProgress;
}

export interface NamespaceProgress {
  readonly name: string;
  /** Items read so far. */
  readonly count: number;
  /** Items that are still to come, when the source says so. */
  readonly remaining: number | null;
}

/** The progress in the namespaces of a kind: those with most items one by one, all others together. */
interface NamespacesProgress {
  readonly largest: readonly NamespaceProgress[];
  /** Null when there are no others. */
  readonly others: { readonly namespaces: number; readonly count: number; readonly remaining: number | null } | null;
}

/**
 * The status that everybody may see: the latest run and what it leaves for the next one. One document, written by the
 * holder of the lock only. A dry run leaves it alone.
 */
export interface RunStatus {
  readonly runId: string | null;
  readonly trigger: SyncTrigger | null;
  readonly state: SyncState;
  readonly step: SyncStep | null;
  readonly currentResource: string | null;
  readonly resources: readonly ResourceProgress[];
  readonly startedAt: Timestamp | null;
  readonly endedAt: Timestamp | null;
  /** One line or many, as it came; the code that shows it makes it fit. */
  readonly error: string | null;
  readonly changes: ChangeCounts | null;
  readonly held: HeldSummary | null;
  /** Runs in a row that failed, and when the next try is due. */
  readonly retry: { readonly count: number; readonly nextAt: Timestamp | null };
  readonly nextRunAt: Timestamp | null;
  /** Milliseconds that a run takes by the latest ones; null before there are any. */
  readonly expectedDurationMs: number | null;
  /** The latest run that completed. */
  readonly lastSuccess: { readonly runId: string; readonly startedAt: Timestamp; readonly endedAt: Timestamp } | null;
  /**
   * When the listing of instances began that was last carried through, also by a run in which another kind failed:
   * every live record that is not missing is as of then or later.
   */
  readonly instancesAsOf: Timestamp | null;
  /** While in progress: when the lock lapses unless it is renewed. Past it the worker is gone. */
  readonly leaseUntil: Timestamp | null;
}

export interface SyncPause {
  readonly since: Timestamp;
  readonly by: string;
}

/** The whole state of the sync, as each process keeps it. */
export interface SyncSnapshot {
  readonly run: RunStatus;
  readonly paused: SyncPause | null;
  /** Of the latest event; `0-0` before the first. */
  readonly eventId: string;
}

export const SYNC_EVENT_TYPES = [
  'sync.started',
  'sync.progress',
  'sync.completed',
  'sync.failed',
  'sync.held',
  'sync.paused',
  'sync.resumed',
] as const;
export type SyncEventType = (typeof SYNC_EVENT_TYPES)[number];

export interface SyncEvent {
  /** `<ms>-<n>`, ascending. */
  readonly id: string;
  readonly type: SyncEventType;
  readonly at: Timestamp;
  /** As it stood right after the event. */
  readonly run: RunStatus;
  readonly paused: SyncPause | null;
}

/** One finished run, dry runs left out. */
export interface SyncHistoryEntry {
  readonly runId: string;
  readonly trigger: SyncTrigger;
  readonly requestedBy: string;
  readonly outcome: 'completed' | 'failed';
  readonly error: string | null;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  readonly durationMs: number;
  /** Null when they were not counted. */
  readonly changes: ChangeCounts | null;
  readonly novitaInstances: number | null;
  readonly held: boolean;
  readonly resources: readonly ResourceProgress[];
}

const STEPS: readonly SyncStep[] = ['cleanup', 'sync', 'informer', 'done'];

/** The progress of one kind. Members that are left out stay as they are. */
export interface KindReport {
  readonly status: 'in_progress' | 'completed' | 'failed';
  readonly count?: number;
  readonly total?: number | null;
  readonly error?: string | null;
  readonly note?: string | null;
  /** All of them, as they stand now. */
  readonly namespaces?: readonly NamespaceProgress[];
}

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
 * The status before the first run ever.
 *
 * @param kinds of the source, all of them
 */
export function notStarted(kinds: readonly string[]): RunStatus {
  return { ...NO_RUN, resources: kinds.map(pending) };
}

const NO_RUN: RunStatus = {
  runId: null,
  trigger: null,
  state: 'not_started',
  step: null,
  currentResource: null,
  resources: [],
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

/** Of a process that could not read the status yet, as Redis is away: nothing may be said of the sync. */
export const UNKNOWN_SYNC: SyncSnapshot = Object.freeze({ run: NO_RUN, paused: null, eventId: '0-0' });

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

/** Steps are never taken back; the same object when there is nothing to change. */
export function atStep(run: RunStatus, step: SyncStep): RunStatus {
  if (run.state !== 'in_progress' || rankOf(step) <= rankOf(run.step)) return run;
  return { ...run, step, currentResource: step === 'sync' ? run.currentResource : null };
}

/**
 * Applies the progress of one kind. Within one run a kind that was completed or has failed stays so and no count goes
 * back, although a listing may begin anew. The same object when there is nothing to change.
 */
export function withProgress(run: RunStatus, kind: string, report: KindReport): RunStatus {
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

/** How many kinds of the run are over, failed ones included. */
export function settledCount(run: RunStatus): number {
  return run.resources.filter(isSettled).length;
}

/** Fails a kind that was being read when its run ended; other kinds stay as they are. */
export function failedWith(resource: ResourceProgress, error: string): ResourceProgress {
  return resource.status === 'in_progress' ? { ...resource, status: 'failed', error } : resource;
}

function pending(name: string): ResourceProgress {
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
    ...namespacesAfter(before, report),
  };
}

/** Every event carries them, so that a cluster of thousands of namespaces must not name each. */
const NAMED_NAMESPACES = 100;

function namespacesAfter(
  { namespaces: before }: ResourceProgress,
  { namespaces }: KindReport,
): Pick<ResourceProgress, 'namespaces'> {
  if (namespaces === undefined) return before === undefined ? {} : { namespaces: before };
  const bySize = namespaces.toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  const others = bySize.slice(NAMED_NAMESPACES);
  return {
    namespaces: {
      largest: bySize.slice(0, NAMED_NAMESPACES).map(({ name, count, remaining }) => ({ name, count, remaining })),
      others: others.length === 0 ? null : { namespaces: others.length, ...sumOf(others) },
    },
  };
}

/** What remains is known only when it is known of each. */
function sumOf(namespaces: readonly NamespaceProgress[]): Pick<NamespaceProgress, 'count' | 'remaining'> {
  return {
    count: namespaces.reduce((sum, { count }) => sum + count, 0),
    remaining: namespaces.reduce<number | null>(
      (sum, { remaining }) => (sum === null || remaining === null ? null : sum + remaining),
      0,
    ),
  };
}

/** The kind that began last among those being read; once it is over, the first of the others. */
function currentOf(
  current: string | null,
  before: ResourceProgress,
  resources: readonly ResourceProgress[],
): string | null {
  const reading = resources.filter(({ status }) => status === 'in_progress').map(({ name }) => name);
  if (before.status === 'pending' && reading.includes(before.name)) return before.name;
  return current !== null && reading.includes(current) ? current : (reading[0] ?? null);
}

function isEqual(a: ResourceProgress, b: ResourceProgress): boolean {
  return (
    a.status === b.status &&
    a.count === b.count &&
    a.total === b.total &&
    a.error === b.error &&
    a.note === b.note &&
    isDeepStrictEqual(a.namespaces, b.namespaces)
  );
}
