import { canStandIdle, idleSinceMs } from '../state/newest-instance.js';
import { clockTime, span } from './time.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 *
 * @typedef {object} IdleWords
 * @property {string} idle how long it stands unused, or until when it is declared busy; empty when neither counts
 * @property {string} stop when it is stopped, or why never; empty when that does not apply
 * @property {'warn' | ''} tone
 * @property {string} hint times in full
 */

const SOON_MS = 5 * 60_000;
/** @type {IdleWords} */
const NOTHING = { idle: '', stop: '', tone: '', hint: '' };

/**
 * Idleness in words.
 *
 * @param {import('../state/newest-instance.js').KnownInstance} instance
 * @param {number} nowMs
 * @param {{readonly enabled: boolean, readonly suspended?: string} | undefined} autoStop of the fleet, as far as known
 * @returns {IdleWords}
 */
export function idleWords(instance, nowMs, autoStop) {
  if (instance.status !== 'ready') return NOTHING;
  const lease = instance.autoStop.lease;
  const isLeased = lease !== undefined && Date.parse(lease.until) > nowMs;
  const idle = isLeased ? `leased for ${span(Date.parse(lease.until) - nowMs)}` : unusedWords(instance, nowMs);
  const leaseHint = isLeased ? `Declared busy until ${clockTime(lease.until)} by ${lease.by}: ${lease.reason}` : '';
  if (instance.isUseUnknown === true) return { idle, stop: '', tone: '', hint: leaseHint };
  if (instance.autoStopAt === undefined) {
    return { idle, stop: `never stops: ${neverWords(instance, autoStop)}`, tone: '', hint: leaseHint };
  }
  const leftMs = Date.parse(instance.autoStopAt) - nowMs;
  const isSuspended = autoStop?.suspended !== undefined;
  return {
    idle,
    stop: `${isSuspended ? 'would stop' : 'stops'} ${leftMs <= 0 ? 'now' : `in ${span(leftMs)}`}`,
    tone: leftMs < SOON_MS && !isSuspended ? 'warn' : '',
    hint: [
      leaseHint,
      `Stopped at ${clockTime(instance.autoStopAt)} unless it is used.`,
      isSuspended ? `Auto-stop is suspended: ${autoStop.suspended}` : '',
    ]
      .filter(Boolean)
      .join('\n'),
  };
}

/**
 * @param {import('../state/newest-instance.js').KnownInstance} instance
 * @param {number} nowMs
 */
function unusedWords(instance, nowMs) {
  return instance.isUseUnknown === true ? '' : `idle ${span(nowMs - idleSinceMs(instance))}`;
}

/**
 * @param {Instance} instance
 * @param {{readonly enabled: boolean} | undefined} autoStop
 */
function neverWords(instance, autoStop) {
  if (instance.origin === 'discovered') return 'made elsewhere';
  if (instance.billingMode === 'monthly') return 'billed monthly';
  if (instance.autoStop.enabled === false) return 'off for it';
  if (!canStandIdle(instance)) return 'not wished to run';
  return autoStop?.enabled === false ? 'auto-stop is off' : 'off by its template';
}
