import { ago, formatDuration, span, until } from '../ui/format.js';

/**
 * @typedef {import('../net/api-types.js').SyncStatus} SyncStatus
 * @typedef {import('../net/api-types.js').ResourceStatusView} ResourceProgress
 * @typedef {import('../fleet/status.js').Tone} Tone
 */

/** In the order of the API. @type {Readonly<Record<import('../net/api-types.js').SyncKind, string>>} */
const KINDS = {
  instances: 'Instances',
  'gpu-products': 'GPU products',
  'cpu-products': 'CPU products',
  clusters: 'Clusters',
  templates: 'Templates',
  'registry-auths': 'Registry logins',
  'network-storages': 'Network storages',
  jobs: 'Jobs',
  endpoints: 'Endpoints',
};

const STEPS = /** @type {const} */ (['cleanup', 'sync', 'informer', 'done']);

/** @type {Readonly<Record<typeof STEPS[number], string>>} */
const STEP_LABELS = { cleanup: 'Clean up', sync: 'Read from Novita', informer: 'Announce it', done: 'Done' };

export const SYNC_KINDS = /** @type {readonly import('../net/api-types.js').SyncKind[]} */ (Object.keys(KINDS));

/** @param {import('../net/api-types.js').SyncKind} kind */
export function kindLabel(kind) {
  return KINDS[kind];
}

/**
 * The current step of a run, beside its bar.
 *
 * @param {SyncStatus} sync one in progress
 */
export function progressMessage({ step, currentResource, syncedResources, totalResources }) {
  const reads = step === 'sync' && currentResource !== undefined;
  const what = reads ? `Reading ${lowerFirst(kindLabel(currentResource))}` : STEP_LABELS[step ?? 'cleanup'];
  return `${what}, ${syncedResources} of ${totalResources} done`;
}

/** @param {SyncStatus} sync */
export function remainingMessage({ estimatedRemainingSeconds }) {
  return estimatedRemainingSeconds === undefined ? '' : `about ${span(estimatedRemainingSeconds * 1_000)} left`;
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
export function stepsOf({ status, step }) {
  const at = status === 'not_started' ? -1 : STEPS.indexOf(step ?? (status === 'completed' ? 'done' : 'cleanup'));
  return STEPS.map((name, index) => {
    if (index < at || (index === at && status === 'completed')) {
      return { text: STEP_LABELS[name], state: 'over', stateLabel: 'over' };
    }
    if (index > at) return { text: STEP_LABELS[name], state: 'ahead', stateLabel: 'ahead' };
    return { text: STEP_LABELS[name], state: 'now', stateLabel: status === 'failed' ? 'ended here' : 'now' };
  });
}

/**
 * @param {ResourceProgress} resource
 * @returns {{readonly name: string, readonly sign: string, readonly text: string, readonly amount: string, readonly tone: Tone, readonly remark: string}}
 */
export function resourceLine({ name, status, count, total, error, note }) {
  const shown = { name: kindLabel(name), amount: amountLabel(status, count, total), remark: error ?? note ?? '' };
  switch (status) {
    case 'pending':
      return { ...shown, sign: '·', text: 'waits', tone: 'idle' };
    case 'in_progress':
      return { ...shown, sign: '…', text: 'is read', tone: 'busy' };
    case 'completed':
      return { ...shown, sign: '✓', text: 'read', tone: 'ok' };
    case 'failed':
      return { ...shown, sign: '✕', text: 'failed', tone: 'bad' };
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
  if (sync === null) return { text: 'Not known yet', tone: 'idle', remark: '', at: null };
  const { status, endTime, duration, error, lastSuccess } = sync;
  if (status === 'not_started' || endTime === undefined) {
    return { text: 'No sync has run yet', tone: 'idle', remark: '', at: null };
  }
  const when = ago(endTime, nowMs);
  const took = duration === undefined ? '' : ` in ${formatDuration(duration)}`;
  if (status !== 'failed') return { text: `Synced ${when}${took}`, tone: 'ok', remark: '', at: endTime };
  const before =
    lastSuccess === undefined ? 'No run has completed yet.' : `Last completed ${ago(lastSuccess.endTime, nowMs)}.`;
  return {
    text: `Sync failed ${when}`,
    tone: 'bad',
    remark: `${error ?? 'It is not known why'}. ${before}`,
    at: endTime,
  };
}

/**
 * When there will be another run, or why there will be none.
 *
 * @param {SyncStatus | null} sync
 * @param {number} nowMs
 * @returns {{readonly text: string, readonly tone: Tone}}
 */
export function nextSyncMessage(sync, nowMs) {
  if (sync === null) return { text: '', tone: 'idle' };
  const { paused, nextRetry, nextRun, retryCount } = sync;
  if (paused !== undefined) {
    const by = paused.by === undefined ? '' : ` by ${keyName(paused.by)}`;
    return { text: `Paused${by} ${ago(paused.since, nowMs)}`, tone: 'warn' };
  }
  if (nextRetry !== undefined) {
    const times = retryCount === undefined || retryCount < 2 ? '' : `, failed ${retryCount} times in a row`;
    return { text: `Tried again ${until(nextRetry, nowMs)}${times}`, tone: 'warn' };
  }
  return { text: nextRun === undefined ? 'No run is planned' : `Next ${until(nextRun, nowMs)}`, tone: 'idle' };
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
  if (status === 'pending') return '';
  return total === undefined || total === count ? String(count) : `${count} of ${total}`;
}

/** @param {string} text */
function lowerFirst(text) {
  return /^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}
