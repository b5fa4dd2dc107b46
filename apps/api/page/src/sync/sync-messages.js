import { ago, formatDuration, span, until } from '../ui/format.js';
import { SYNC } from './words.js';

/**
 * @typedef {import('../net/api-types.js').SyncStatus} SyncStatus
 * @typedef {import('../net/api-types.js').ResourceStatusView} ResourceProgress
 * @typedef {import('../fleet/status.js').Tone} Tone
 */

const STEPS = /** @type {const} */ (['cleanup', 'sync', 'informer', 'done']);

export const SYNC_KINDS = /** @type {readonly import('../net/api-types.js').SyncKind[]} */ (Object.keys(SYNC.kinds));

/** @param {string} kind of Novita; those of a cluster are shown by their own view */
export function kindLabel(kind) {
  return /** @type {Readonly<Record<string, string>>} */ (SYNC.kinds)[kind] ?? kind;
}

/**
 * The current step of a run, beside its bar.
 *
 * @param {SyncStatus} sync one in progress
 */
export function progressMessage({ step, currentResource, syncedResources, totalResources }) {
  const reads = step === 'sync' && currentResource !== undefined;
  const what = reads ? SYNC.reading(lowerFirst(kindLabel(currentResource))) : SYNC.steps[step ?? 'cleanup'];
  return SYNC.progress(what, syncedResources, totalResources);
}

/** @param {SyncStatus} sync */
export function remainingMessage({ estimatedRemainingSeconds }) {
  return estimatedRemainingSeconds === undefined ? '' : SYNC.left(span(estimatedRemainingSeconds * 1_000));
}

/**
 * How much of a run is done, in kinds of resources; one that is being read counts for the part that has been.
 *
 * @param {SyncStatus} sync
 * @returns {{readonly value: number, readonly max: number}}
 */
export function progressOf({ resourceStatus, totalResources, syncedResources }) {
  const max = Math.max(1, totalResources);
  const begun = resourceStatus.reduce((sum, { status, count, total }) => {
    return status === 'in_progress' && total !== undefined && total > 0 ? sum + Math.min(1, count / total) : sum;
  }, 0);
  return { value: Math.min(max, syncedResources + begun), max };
}

/**
 * @param {SyncStatus} sync
 * @returns {readonly {readonly text: string, readonly state: 'over' | 'now' | 'ahead', readonly stateLabel: string}[]}
 */
export function stepsOf({ status, step, resourceStatus }) {
  // A failed run announces that it failed: it ended where something could not be read.
  const hasNotRead = status === 'failed' && resourceStatus.some((resource) => resource.status === 'failed');
  const last = hasNotRead ? 'sync' : (step ?? (status === 'completed' ? 'done' : 'cleanup'));
  const at = status === 'not_started' ? -1 : STEPS.indexOf(last);
  return STEPS.map((name, index) => {
    if (index < at || (index === at && status === 'completed')) {
      return { text: SYNC.steps[name], state: 'over', stateLabel: SYNC.stepStates.over };
    }
    if (index > at) return { text: SYNC.steps[name], state: 'ahead', stateLabel: SYNC.stepStates.ahead };
    const { endedHere, now } = SYNC.stepStates;
    return { text: SYNC.steps[name], state: 'now', stateLabel: status === 'failed' ? endedHere : now };
  });
}

/**
 * @param {ResourceProgress} resource
 * @returns {{readonly name: string, readonly sign: string, readonly text: string, readonly amount: string, readonly tone: Tone, readonly remark: string}}
 */
export function resourceLine({ name, status, count, total, error, note }) {
  const shown = { name: kindLabel(name), amount: amountLabel(status, count, total), remark: error ?? note ?? '' };
  const text = SYNC.resourceStates[status];
  switch (status) {
    case 'pending':
      return { ...shown, sign: '·', text, tone: 'idle' };
    case 'in_progress':
      return { ...shown, sign: '…', text, tone: 'busy' };
    case 'completed':
      return { ...shown, sign: '✓', text, tone: 'ok' };
    case 'failed':
      return { ...shown, sign: '✕', text, tone: 'bad' };
  }
}

/**
 * How the latest run went; for one that is over.
 *
 * @param {SyncStatus | null} sync null before it was read
 * @param {number} nowMs
 * @returns {{readonly text: string, readonly tone: Tone, readonly remark: string, readonly at: string | null}}
 */
export function lastSyncMessage(sync, nowMs) {
  if (sync === null) return { text: SYNC.notKnownYet, tone: 'idle', remark: '', at: null };
  const { status, endTime, duration, error, lastSuccess } = sync;
  if (status === 'not_started' || endTime === undefined) {
    return { text: SYNC.neverRan, tone: 'idle', remark: '', at: null };
  }
  const when = ago(endTime, nowMs);
  if (status !== 'failed') {
    const text = duration === undefined ? SYNC.synced(when) : SYNC.syncedIn(when, formatDuration(duration));
    return { text, tone: 'ok', remark: '', at: endTime };
  }
  const before = lastSuccess === undefined ? SYNC.noneCompleted : SYNC.lastCompleted(ago(lastSuccess.endTime, nowMs));
  return {
    text: SYNC.syncFailed(when),
    tone: 'bad',
    remark: SYNC.failedWhy(error ?? SYNC.notKnownWhy, before),
    at: endTime,
  };
}

/**
 * When there will be another run, or why there will be none.
 *
 * @param {SyncStatus | null} sync
 * @param {import('../fleet/fleet.js').Health | null} health
 * @param {number} nowMs
 * @returns {{readonly text: string, readonly tone: Tone}}
 */
export function nextSyncMessage(sync, health, nowMs) {
  if (sync === null) return { text: '', tone: 'idle' };
  const { paused, nextRetry, nextRun, retryCount } = sync;
  if (paused !== undefined) {
    const since = ago(paused.since, nowMs);
    const text = paused.by === undefined ? SYNC.pausedSince(since) : SYNC.pausedBy(keyName(paused.by), since);
    return { text, tone: 'warn' };
  }
  if (nextRetry !== undefined) {
    const when = until(nextRetry, nowMs);
    const isFirst = retryCount === undefined || retryCount < 2;
    return { text: isFirst ? SYNC.triedAgain(when) : SYNC.triedAgainAfter(when, retryCount), tone: 'warn' };
  }
  if (nextRun !== undefined) return { text: SYNC.next(until(nextRun, nowMs)), tone: 'idle' };
  return { text: areRunsOff(health) ? SYNC.offBySettings : SYNC.noneIsPlanned, tone: 'idle' };
}

/**
 * Whether the settings of the service let no run begin by itself. One that does not say so has them on, as far as is known.
 *
 * @param {import('../fleet/fleet.js').Health | null} health
 */
export function areRunsOff(health) {
  return health?.details?.['sync']?.['automatic'] === false;
}

/** @param {string} by such as `user:ci` */
function keyName(by) {
  return by.replace(/^user:/, '');
}

/**
 * @param {ResourceProgress['status']} status
 * @param {number} count
 * @param {number | undefined} total
 */
function amountLabel(status, count, total) {
  // What could not be read is not known to be none.
  if (status === 'pending' || (status === 'failed' && count === 0)) return '';
  return total === undefined || total === count ? String(count) : SYNC.amount(count, total);
}

/** @param {string} text */
function lowerFirst(text) {
  return /^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}
