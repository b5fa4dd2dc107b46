import { SERVICE } from './words.js';

/**
 * @typedef {import('../fleet/fleet.js').Health} Health
 * @typedef {import('../fleet/status.js').Tone} Tone
 * @typedef {{readonly text: string, readonly tone: Tone, readonly hint: string}} State
 * @typedef {{readonly key: string, readonly name: string, readonly text: string, readonly tone: Tone, readonly detail: string}} Part
 */

/** @type {Readonly<Record<string, Omit<State, 'hint'>>>} */
const OVERALL = {
  ok: { text: SERVICE.allWell, tone: 'ok' },
  degraded: { text: SERVICE.degraded, tone: 'warn' },
  error: { text: SERVICE.down, tone: 'bad' },
  shutting_down: { text: SERVICE.shuttingDown, tone: 'warn' },
};

/**
 * How the service is, in a word.
 *
 * @param {Health | null} health null before it was read
 * @param {boolean} isReachable
 * @returns {State}
 */
export function overallHealth(health, isReachable) {
  if (!isReachable) return { text: SERVICE.notAnswering, tone: 'bad', hint: SERVICE.notAnsweringHint };
  if (health === null) return { text: SERVICE.checking, tone: 'idle', hint: SERVICE.checkingHint };
  const known = OVERALL[health.status] ?? { text: health.status, tone: 'warn' };
  const troubled = healthParts(health).filter(({ tone }) => tone !== 'ok');
  const hint = troubled.length === 0 ? SERVICE.everyPart : troubled.map(({ name }) => name).join(', ');
  return { ...known, hint };
}

/**
 * The one mark of the service: what is at fault by its name where that is known, so that a glance tells Redis, Novita and
 * the key apart; else how the whole is.
 *
 * @param {Health | null} health
 * @param {boolean} isReachable
 * @param {'redis' | 'memory' | null} source
 * @param {Parameters<typeof novitaState>[1]} sync
 * @returns {State}
 */
export function healthMark(health, isReachable, source, sync) {
  const overall = overallHealth(health, isReachable);
  if (!isReachable || health === null) return overall;
  const named = [novitaState(health, sync), redisState(health, source), workersState(health)].find(
    ({ tone }) => tone === 'bad',
  );
  return named ?? overall;
}

/**
 * The parts that the service depends on, those in trouble first.
 *
 * @param {Health | null} health
 * @returns {readonly Part[]}
 */
export function healthParts(health) {
  const parts = Object.entries(health?.details ?? {}).map(([key, details]) => partOf(key, details));
  return parts.toSorted((a, b) => rank(a.tone) - rank(b.tone) || a.name.localeCompare(b.name, 'en'));
}

/**
 * Where the records are: in Redis, or only in the memory of the process.
 *
 * @param {Health | null} health
 * @param {'redis' | 'memory' | null} source what the answers say of themselves
 * @returns {State}
 */
export function redisState(health, source) {
  const redis = health?.details?.['redis'];
  if (redis?.status === 'up' && source === 'memory') {
    return { text: SERVICE.redisBehind, tone: 'warn', hint: SERVICE.redisBehindHint };
  }
  if (redis !== undefined && redis.status !== 'up') {
    const isThere = typeof redis['state'] === 'string' && redis['state'] !== 'away';
    const text = isThere ? SERVICE.redisInTrouble : SERVICE.redisAway;
    return { text, tone: 'bad', hint: SERVICE.redisAwayHint };
  }
  if (source === 'memory') return { text: SERVICE.inMemory, tone: 'warn', hint: SERVICE.inMemoryHint };
  if (source === 'redis') return { text: SERVICE.redisUp, tone: 'ok', hint: SERVICE.redisUpHint };
  return { text: SERVICE.redisUnknown, tone: 'idle', hint: `${SERVICE.notKnownYet}.` };
}

/**
 * Whether anybody carries out what is accepted.
 *
 * @param {Health | null} health
 * @returns {State}
 */
function workersState(health) {
  return health?.details?.['workers']?.['alive'] === false
    ? { text: SERVICE.noWorker, tone: 'bad', hint: SERVICE.noWorkerHint }
    : { text: '', tone: 'ok', hint: '' };
}

/**
 * @param {Health | null} health counts the calls of one process, which may be none
 * @param {Pick<import('../net/api-types.js').SyncStatus, 'status' | 'resourceStatus'> | null} sync
 * @returns {State}
 */
export function novitaState(health, sync) {
  const novita = health?.details?.['novita'];
  if (novita === undefined) return { text: SERVICE.novitaUnknown, tone: 'idle', hint: `${SERVICE.notKnownYet}.` };
  const trouble = novitaTrouble(health, sync);
  if (trouble !== null) return NOVITA_TROUBLES[trouble];
  if (novita['state'] === 'unknown') {
    return { text: SERVICE.novitaUnknown, tone: 'idle', hint: SERVICE.novitaUnknownHint };
  }
  if (novita['circuit'] === 'half-open') {
    return { text: SERVICE.novitaTrying, tone: 'warn', hint: SERVICE.novitaTryingHint };
  }
  return { text: SERVICE.novitaUp, tone: 'ok', hint: SERVICE.novitaUpHint };
}

/** @typedef {'key-refused' | 'away' | 'fails'} NovitaTrouble */

/** @type {Readonly<Record<NovitaTrouble, State>>} */
const NOVITA_TROUBLES = {
  'key-refused': { text: SERVICE.keyRefused, tone: 'bad', hint: SERVICE.keyRefusedHint },
  away: { text: SERVICE.novitaAway, tone: 'bad', hint: SERVICE.novitaAwayHint },
  fails: { text: SERVICE.novitaFails, tone: 'bad', hint: SERVICE.novitaFailsHint },
};

/**
 * Why nothing can be read at Novita.
 *
 * @param {Health | null} health
 * @param {Parameters<typeof novitaState>[1]} sync
 * @returns {NovitaTrouble | null} null when nothing is known to be wrong
 */
export function novitaTrouble(health, sync) {
  const novita = health?.details?.['novita'];
  if (novita === undefined) return null;
  if (novita['trouble'] === 'key-refused') return 'key-refused';
  if (novita['state'] === 'unknown') return null;
  if (novita.status !== 'up') return 'away';
  return sync?.status === 'failed' && hasReadNothing(sync) ? 'fails' : null;
}

/** @param {Pick<import('../net/api-types.js').SyncStatus, 'resourceStatus'>} sync one that is over */
function hasReadNothing({ resourceStatus }) {
  return resourceStatus.length > 0 && resourceStatus.every(({ status }) => status === 'failed');
}

/**
 * @param {string} key
 * @param {{readonly status: string, readonly [detail: string]: unknown}} details
 * @returns {Part}
 */
function partOf(key, details) {
  const message = typeof details['message'] === 'string' ? details['message'] : '';
  const state = stateOf(details);
  return { key, name: SERVICE.parts[key] ?? spaced(key), ...state, detail: state.tone === 'ok' ? '' : message };
}

/**
 * @param {{readonly status: string, readonly [detail: string]: unknown}} details
 * @returns {{readonly text: string, readonly tone: Tone}}
 */
function stateOf({ status, trouble, state, alive }) {
  if (alive === false) return { text: SERVICE.noneRuns, tone: 'bad' };
  if (trouble === 'key-refused') return { text: SERVICE.keyRefused, tone: 'bad' };
  if (state === 'unknown') return { text: SERVICE.notKnownYet, tone: 'idle' };
  if (status === 'up') return { text: SERVICE.well, tone: 'ok' };
  return status === 'degraded' ? { text: SERVICE.degraded, tone: 'warn' } : { text: SERVICE.down, tone: 'bad' };
}

/** @param {Tone} tone */
function rank(tone) {
  return tone === 'bad' ? 0 : tone === 'ok' ? 2 : 1;
}

/** @param {string} key such as `webhookQueue` */
function spaced(key) {
  const text = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
