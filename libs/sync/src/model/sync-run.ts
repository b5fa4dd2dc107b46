/**
 * One run of the sync: what somebody asks for, the name under which the run holds the lock, and the report that it
 * leaves. Shapes only; every other folder of this library builds on them.
 */

import { MIRRORED_KINDS } from '@app/catalogue-mirror';
import type { SyncTrigger } from '@app/jobs';
import type { Timestamp } from '@app/platform';
import type { LockHolder } from '@app/redis';
import { type ChangeCounts, type HeldSummary, notStarted, type SourceDescription } from '@app/sync-status';

/** The kinds of resources that a sync reads at the provider, in the order in which they are shown. */
export const SYNC_KINDS = ['instances', ...MIRRORED_KINDS] as const;
export type SyncKind = (typeof SYNC_KINDS)[number];

/** How one run goes about it. */
export interface SyncOptions {
  /** Lets a held listing through, once the provider has denied each missing instance. */
  readonly forceSync: boolean;
  /** False: records are updated and added, and a missing instance is left as it is. */
  readonly handleObsoleteInstances: boolean;
  /** Changes nothing and reports what the run would do. */
  readonly dryRun: boolean;
  /** Never empty. */
  readonly resources: readonly SyncKind[];
}

/** A run that somebody or something asked for. */
export interface SyncOrder extends SyncOptions {
  /** A ULID. */
  readonly runId: string;
  readonly trigger: SyncTrigger;
  /** `sync`, or `user:<key name>`. */
  readonly requestedBy: string;
  /** How many runs in a row had failed before this one. */
  readonly retry: number;
}

/** The lock under which a fleet is synced: one run at a time, dry ones included. */
export const SYNC_LOCK = 'sync';

/** Novita, as the shared status knows it. */
export const NOVITA_SOURCE: SourceDescription = { source: 'novita', kinds: SYNC_KINDS, lock: SYNC_LOCK };

/** The status of the sync before the first run ever. */
export const NOT_STARTED = notStarted(SYNC_KINDS);

const DRY_RUN = ' dry-run';

/** The purpose that the holder of the lock states: the id of the run, marked when it is a dry one. */
export function purposeOf({ runId, dryRun }: Pick<SyncOrder, 'runId' | 'dryRun'>): string {
  return dryRun ? `${runId}${DRY_RUN}` : runId;
}

export function runOfPurpose(purpose: string): { readonly runId: string; readonly dryRun: boolean } {
  const dryRun = purpose.endsWith(DRY_RUN);
  return { runId: dryRun ? purpose.slice(0, -DRY_RUN.length) : purpose, dryRun };
}

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

/** At most this many actions are listed in a report; all of them are counted. */
export const MAX_ACTIONS = 10_000;

/** A held listing with the provider's ids that it lacked: the next run compares its own listing with them. */
export interface HeldListing {
  readonly summary: HeldSummary;
  readonly ids: readonly string[];
}

/** The report of a finished run, kept for an hour for the caller that waits for it. */
export interface SyncReport {
  readonly runId: string;
  readonly outcome: 'completed' | 'failed';
  /** Names the kinds that failed and why; null when the run completed. */
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

/** The result of a run, for the caller that asked for it: its report, or why there is none. */
export type SyncResult =
  | { readonly kind: 'report'; readonly report: SyncReport }
  /** Another run held the lock. */
  | { readonly kind: 'busy'; readonly holder: LockHolder }
  /** The run ended before it had a report, as when its worker was shut down. */
  | { readonly kind: 'lost'; readonly reason: string };
