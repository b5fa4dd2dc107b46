import type { SyncTrigger } from '@app/jobs';
import type { Timestamp } from '@app/platform';
import type { HeldSummary } from '../run/sync-report.js';
import type { SyncKind } from '../sync-kinds.js';
import type { ResourceProgress, SyncPause, SyncState, SyncStep } from './sync-status.js';

export interface ResourceStatusJson {
  readonly name: SyncKind;
  readonly status: ResourceProgress['status'];
  /** Items read so far. */
  readonly count: number;
  readonly total?: number;
  readonly error?: string;
  readonly note?: string;
}

export interface LastSuccessJson {
  readonly runId: string;
  readonly startTime: Timestamp;
  readonly endTime: Timestamp;
}

/** The sync as everybody may see it. What does not apply is absent. */
export interface SyncStatusJson {
  readonly status: SyncState;
  readonly step?: SyncStep;
  readonly currentResource?: SyncKind;
  readonly totalResources: number;
  /** Kinds that are over, failed ones included; never goes back within a run. */
  readonly syncedResources: number;
  readonly startTime?: Timestamp;
  readonly endTime?: Timestamp;
  /** Milliseconds, of a run that is over. */
  readonly duration?: number;
  readonly error?: string;
  readonly resourceStatus: readonly ResourceStatusJson[];
  readonly runId?: string;
  readonly trigger?: SyncTrigger;
  /** Of a run in progress, when there is something to go by. */
  readonly estimatedRemainingSeconds?: number;
  readonly held?: HeldSummary;
  /** Runs in a row that failed; absent when the latest did not. */
  readonly retryCount?: number;
  readonly nextRetry?: Timestamp;
  /** Absent while automatic runs are paused. */
  readonly nextRun?: Timestamp;
  readonly paused?: SyncPause;
  /** The latest run that completed. */
  readonly lastSuccess?: LastSuccessJson;
  /** Every live instance is shown as of then or later. */
  readonly instancesAsOf?: Timestamp;
}
