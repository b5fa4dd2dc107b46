/**
 * The shared status of the sync with a source, its events and its history: shapes, and what they are before the first run.
 * How a run changes it is in `run-transitions.ts` and `kind-progress.ts`.
 */
import type { SyncTrigger } from '@app/jobs';
import type { Timestamp } from '@app/platform';

/** The systems whose resources are mirrored, each with a shared status of its own. */
export const SYNC_SOURCES = ['novita', 'kubernetes'] as const;
export type SyncSource = (typeof SYNC_SOURCES)[number];

/** What the shared status has to know of a source. The source declares it; nothing else here names its kinds. */
export interface SourceDescription {
  readonly source: SyncSource;
  /** The kinds of resources, in the order in which they are shown. */
  readonly kinds: readonly string[];
  /** The lock that a run holds, and that each write of its status proves. */
  readonly lock: string;
}

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

/** A kind that the run has not begun with. */
export function pending(name: string): ResourceProgress {
  return { name, status: 'pending', count: 0, total: null, error: null, note: null };
}
