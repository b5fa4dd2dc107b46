import { LIMITS } from '../net/api-limits.js';
import { typedNumber } from '../ui/form-fields.js';
import { formatCount } from '../ui/format.js';
import { UI } from '../ui/words.js';
import { AUTO_STOP } from './words.js';

/**
 * @typedef {import('../net/api-types.js').AutoStopView} AutoStopSettings
 *
 * @typedef {object} AutoStopForm what stands in the form
 * @property {'fleet' | 'on' | 'off'} enabled
 * @property {boolean} hasOwnThreshold
 * @property {string} thresholdMinutes as it was typed
 */

/**
 * @param {AutoStopSettings} settings absent members mean "as the template or the fleet says"
 * @returns {AutoStopForm}
 */
export function autoStopForm({ enabled, thresholdMinutes }) {
  return {
    enabled: enabled === undefined ? 'fleet' : enabled ? 'on' : 'off',
    hasOwnThreshold: thresholdMinutes !== undefined,
    thresholdMinutes: thresholdMinutes === undefined ? '' : String(thresholdMinutes),
  };
}

/**
 * The body of the PATCH; null asks for the default.
 *
 * @param {AutoStopForm} form
 */
export function autoStopBody({ enabled, hasOwnThreshold, thresholdMinutes }) {
  return {
    autoStop: {
      enabled: enabled === 'fleet' ? null : enabled === 'on',
      thresholdMinutes: hasOwnThreshold ? typedNumber(thresholdMinutes) : null,
    },
  };
}

/**
 * Whether two instances say the same about auto-stop, leases aside: a change of anything else does not concern whoever
 * changes these settings.
 *
 * @param {AutoStopSettings} one
 * @param {AutoStopSettings} other
 */
export function isSameAutoStop(one, other) {
  return one.enabled === other.enabled && one.thresholdMinutes === other.thresholdMinutes;
}

/**
 * The settings of the instance itself, in words.
 *
 * @param {AutoStopSettings} settings
 */
export function settingsMessage({ enabled, thresholdMinutes }) {
  const first = enabled === undefined ? AUTO_STOP.asFleet : enabled ? AUTO_STOP.always : AUTO_STOP.never;
  return thresholdMinutes === undefined
    ? AUTO_STOP.afterDefault(first)
    : AUTO_STOP.afterMinutes(first, thresholdMinutes);
}

/**
 * The violation of an idle time in minutes, which may be left empty; empty for none.
 *
 * @param {string} minutes
 */
export function thresholdViolation(minutes) {
  if (minutes.trim() === '') return '';
  const isNegative = /^[-\u2212]\s*\d/.test(minutes.trim());
  const value = isNegative ? -1 : typedNumber(minutes);
  if (Number.isNaN(value)) return UI.digits;
  if (value <= 0) return AUTO_STOP.aboveZero;
  const { maximum } = LIMITS.autoStop.thresholdMinutes;
  return value > maximum ? AUTO_STOP.atMost(formatCount(maximum)) : '';
}
