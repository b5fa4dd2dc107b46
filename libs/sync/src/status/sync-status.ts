import type { SyncTrigger } from '@app/jobs';
import type { Timestamp } from '@app/platform';
import type { ChangeCounts, HeldSummary } from '../run/sync-report.js';
import type { SyncKind } from '../sync-kinds.js';

export type SyncState = 'not_started' | 'in_progress' | 'completed' | 'failed';
export type SyncStep = 'cleanup' | 'sync' | 'informer' | 'done';

export interface ResourceProgress {
  readonly name: SyncKind;
  readonly status: 'pending' | 'in_progress' | 'completed' | 'failed';
  /** Items read so far. */
  readonly count: number;
  /** Items there should be, once a page has told it. */
  readonly total: number | null;
  readonly error: string | null;
  /** What is worth knowing of a completed one, such as that its listing was unclean. */
  readonly note: string | null;
}

/**
 * What everybody is told of the sync: the latest run and what it leaves for the next. One document, written by the
 * holder of the lock only. A dry run leaves it alone.
 */
export interface RunStatus {
  readonly runId: string | null;
  readonly trigger: SyncTrigger | null;
  readonly state: SyncState;
  readonly step: SyncStep | null;
  readonly currentResource: SyncKind | null;
  readonly resources: readonly ResourceProgress[];
  readonly startedAt: Timestamp | null;
  readonly endedAt: Timestamp | null;
  /** One line or many, as it came; whoever shows it makes it fit. */
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

/** All that a pod keeps of the sync. */
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
  readonly changes: ChangeCounts;
  readonly novitaInstances: number | null;
  readonly held: boolean;
  readonly resources: readonly ResourceProgress[];
}
