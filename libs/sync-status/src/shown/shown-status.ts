/** The sync as it is shown: the answer of `GET /sync/status`, the run behind it, and how long that run still takes. */
import type { SyncTrigger } from '@app/jobs';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import { failedWith, settledCount } from '../model/kind-progress.js';
import type {
  HeldSummary,
  ResourceProgress,
  RunStatus,
  SyncPause,
  SyncSnapshot,
  SyncState,
  SyncStep,
} from '../model/sync-status.js';

export interface ResourceStatusJson {
  readonly name: string;
  readonly status: ResourceProgress['status'];
  /** Items read so far. */
  readonly count: number;
  readonly total?: number;
  readonly error?: string;
  readonly note?: string;
  /** Of a kind with namespaces: items that are still to come, when the source says so. */
  readonly remaining?: number;
  /** Of a kind with namespaces: the largest ones. */
  readonly namespaces?: readonly NamespaceStatusJson[];
  readonly otherNamespaces?: OtherNamespacesJson;
}

export interface NamespaceStatusJson {
  readonly name: string;
  /** Items read so far. */
  readonly count: number;
  readonly remaining?: number;
}

export interface OtherNamespacesJson {
  readonly namespaces: number;
  readonly count: number;
  readonly remaining?: number;
}

export interface LastSuccessJson {
  readonly runId: string;
  readonly startTime: Timestamp;
  readonly endTime: Timestamp;
}

/** The sync as everybody may see it. A member that does not apply is absent. */
export interface SyncStatusJson {
  readonly status: SyncState;
  readonly step?: SyncStep;
  readonly currentResource?: string;
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
  /** Of a run in progress, when it can be estimated. */
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

/** A longer error of an upstream is of no use to anybody. */
const LONGEST_TEXT = 2_000;

/**
 * The answer of `GET /sync/status`.
 *
 * @param now epoch milliseconds
 */
export function presentSyncStatus({ run: stored, paused }: SyncSnapshot, now: number): SyncStatusJson {
  const run = effectiveRun(stored, now);
  const isPaused = paused !== null;
  return {
    status: run.state,
    ...given('step', run.step),
    ...given('currentResource', run.currentResource),
    totalResources: run.resources.length,
    syncedResources: settledCount(run),
    ...given('startTime', run.startedAt),
    ...given('endTime', run.endedAt),
    ...given('duration', durationOf(run)),
    ...given('error', run.error === null ? null : shortened(run.error)),
    resourceStatus: run.resources.map(presentResource),
    ...given('runId', run.runId),
    ...given('trigger', run.trigger),
    ...given('estimatedRemainingSeconds', estimateRemaining(run, now)),
    ...given('held', run.held),
    ...given('retryCount', run.retry.count === 0 ? null : run.retry.count),
    ...given('nextRetry', isPaused ? null : run.retry.nextAt),
    ...given('nextRun', isPaused ? null : run.nextRunAt),
    ...given('paused', paused),
    ...given('lastSuccess', lastSuccessOf(run)),
    ...given('instancesAsOf', run.instancesAsOf),
  };
}

/** Milliseconds that a run took; null while there is no end. */
export function durationOf({ startedAt, endedAt }: RunStatus): number | null {
  if (startedAt === null || endedAt === null) return null;
  return Math.max(0, msFromTimestamp(endedAt) - msFromTimestamp(startedAt));
}

function presentResource(resource: ResourceProgress): ResourceStatusJson {
  const { name, status, count, total, error, note } = resource;
  return {
    name,
    status,
    count,
    ...given('total', total),
    ...given('error', error === null ? null : shortened(error)),
    ...given('note', note === null ? null : shortened(note)),
    ...presentNamespaces(resource),
  };
}

/** Of a kind without namespaces nothing. */
export function presentNamespaces({
  count,
  total,
  namespaces,
}: ResourceProgress): Pick<ResourceStatusJson, 'remaining' | 'namespaces' | 'otherNamespaces'> {
  if (namespaces === undefined) return {};
  const { largest, others } = namespaces;
  return {
    ...given('remaining', total === null ? null : total - count),
    namespaces: largest.map(({ name, count, remaining }) => ({ name, count, ...given('remaining', remaining) })),
    ...given(
      'otherNamespaces',
      others === null
        ? null
        : { namespaces: others.namespaces, count: others.count, ...given('remaining', others.remaining) },
    ),
  };
}

function lastSuccessOf({ lastSuccess }: RunStatus): LastSuccessJson | null {
  if (lastSuccess === null) return null;
  return { runId: lastSuccess.runId, startTime: lastSuccess.startedAt, endTime: lastSuccess.endedAt };
}

/** Leaves out a member that does not apply. */
function given<Name extends string, Value>(name: Name, value: Value | null): { readonly [_ in Name]?: Value } {
  return (value === null ? {} : { [name]: value }) as { readonly [_ in Name]?: Value };
}

function shortened(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 3)}...`;
}

/** The clocks of hosts differ a little, and a renewal takes a moment to arrive. */
const LEASE_MARGIN_MS = 2_000;

const WORKER_GONE = 'its worker is gone; the next run starts anew';

/**
 * The run as it is to be shown. A run that is in progress although its lock has lapsed is shown as failed: its worker was
 * killed or is cut off, and nobody is left to write so. The same object in all other cases.
 *
 * @param now epoch milliseconds
 */
export function effectiveRun(run: RunStatus, now: number): RunStatus {
  if (now <= lapsesAt(run) || run.leaseUntil === null) return run;
  return {
    ...run,
    state: 'failed',
    currentResource: null,
    resources: run.resources.map((resource) => failedWith(resource, WORKER_GONE)),
    endedAt: run.leaseUntil,
    error: WORKER_GONE,
    leaseUntil: null,
  };
}

/** After this time in epoch milliseconds, a run that is in progress counts as failed; Infinity for never. */
export function lapsesAt({ state, leaseUntil }: RunStatus): number {
  return state === 'in_progress' && leaseUntil !== null
    ? msFromTimestamp(leaseUntil) + LEASE_MARGIN_MS
    : Number.POSITIVE_INFINITY;
}

/** Below this part of the instances, their pace says less than the runs before. */
const SMALLEST_SHOWN_PART = 0.05;

/**
 * Seconds until a run in progress is over, rounded up: by the pace of the listing of instances while that goes on, as it
 * takes longest, and otherwise by the duration of the runs before.
 *
 * @param now epoch milliseconds
 * @returns null when nothing is known to reckon from
 */
export function estimateRemaining(run: RunStatus, now: number): number | null {
  if (run.state !== 'in_progress' || run.startedAt === null) return null;
  const elapsedMs = Math.max(0, now - msFromTimestamp(run.startedAt));
  const part = listedPart(run);
  if (part !== null) return Math.ceil((elapsedMs * (1 - part)) / part / 1_000);
  return run.expectedDurationMs === null ? null : Math.ceil(Math.max(0, run.expectedDurationMs - elapsedMs) / 1_000);
}

/** The part of the instances that has been listed, 0 to 1; null when it is too small to go by. */
function listedPart({ resources }: RunStatus): number | null {
  const instances = resources.find(({ name }) => name === 'instances');
  if (instances?.status !== 'in_progress' || instances.total === null || instances.total === 0) return null;
  const part = instances.count / instances.total;
  return part >= SMALLEST_SHOWN_PART && part < 1 ? part : null;
}
