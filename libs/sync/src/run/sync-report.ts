import type { Timestamp } from '@app/platform';
import type { LockHolder } from '@app/redis';
import type { SyncKind } from '../sync-kinds.js';
import type { SyncOptions } from './sync-options.js';

/** What a run did, or with `dryRun` would do, to the records. */
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

export type SyncAction = 'update' | 'create' | 'adopt' | 'remove' | 'mark-terminated' | 'leave';

/** One instance and what becomes of it, with the reason in words. */
export interface PlannedAction {
  readonly action: SyncAction;
  /** Ours; absent for an instance that has no record yet. */
  readonly instanceId?: string;
  readonly novitaInstanceId: string;
  readonly name: string;
  readonly reason: string;
}

/** A listing that the brake holds back. */
export interface HeldSummary {
  readonly since: Timestamp;
  readonly reason: string;
  /** Records that would be removed or marked. */
  readonly wouldRemove: number;
}

/** What a finished run has to tell, kept for an hour for whoever waits for it. */
export interface SyncReport {
  readonly runId: string;
  readonly outcome: 'completed' | 'failed';
  /** Names the kinds that failed and why; null when it completed. */
  readonly error: string | null;
  readonly options: SyncOptions;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  readonly durationMs: number;
  /** All records, terminated and discovered ones included. */
  readonly recordsBefore: number;
  readonly recordsAfter: number;
  /** Distinct instances in the provider's listing; null when it was not listed to the end. */
  readonly novitaInstances: number | null;
  /** Why the listing proves no absence; null when it is clean or was not made. */
  readonly unclean: string | null;
  readonly changes: ChangeCounts;
  readonly held: HeldSummary | null;
  readonly failures: readonly { readonly resource: SyncKind; readonly error: string }[];
  /** With `dryRun`; at most `MAX_ACTIONS`. */
  readonly actions: readonly PlannedAction[];
  /** How many actions there are in all. */
  readonly actionCount: number;
}

export const MAX_ACTIONS = 10_000;

/** What is kept for the one who asked for a run: its report, or that it did not run. */
export type SyncResult =
  | { readonly kind: 'report'; readonly report: SyncReport }
  /** Another run held the lock. */
  | { readonly kind: 'busy'; readonly holder: LockHolder }
  /** It ended before it had a report, as when its worker was told to end. */
  | { readonly kind: 'lost'; readonly reason: string };
