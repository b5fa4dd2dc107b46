import { LIMITS } from '../net/api-limits.js';
import { h } from '../ui/dom.js';
import { formField, typedNumber } from '../ui/form-fields.js';
import { formatCount, span } from '../ui/format.js';
import { UI } from '../ui/words.js';
import { whenText } from './people.js';
import { AUTO_STOP, WHY } from './words.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {Pick<Instance, 'lifetime'>} Lived
 */

/**
 * The field that asks after how many minutes an instance is stopped, whatever its use; empty for never.
 *
 * @param {Lived} instance
 */
export function lifetimeField(instance) {
  const minutes = h('input', {
    class: 'input short',
    inputmode: 'decimal',
    autocomplete: 'off',
    value: typedMinutes(instance),
  });
  const field = formField({
    label: AUTO_STOP.lifetime,
    pointer: '/maxLifetimeMinutes',
    control: minutes,
    hint: AUTO_STOP.lifetimeHint,
  });
  return {
    field,
    /** Null for no end. */
    read: () => (minutes.value.trim() === '' ? null : typedNumber(minutes.value)),
    /** @param {Lived} next */
    write: (next) => {
      minutes.value = typedMinutes(next);
    },
    check: () => {
      const detail = lifetimeViolation(minutes.value);
      return detail === '' ? [] : [{ pointer: field.pointer, detail }];
    },
  };
}

/** What stands in the field. @param {Lived} instance */
export function typedMinutes({ lifetime }) {
  return lifetime === undefined ? '' : String(lifetime.maxMinutes);
}

/**
 * The violation of a lifetime in minutes, which may be left empty; empty for none.
 *
 * @param {string} minutes
 */
export function lifetimeViolation(minutes) {
  if (minutes.trim() === '') return '';
  const value = typedNumber(minutes);
  if (Number.isNaN(value)) return UI.digits;
  if (value <= 0) return AUTO_STOP.lifetimeAboveZero;
  const { maximum } = LIMITS.create.maxLifetimeMinutes;
  return value > maximum ? AUTO_STOP.lifetimeAtMost(formatCount(maximum)) : '';
}

/** The setting in words. @param {Lived} instance */
export function lifetimeMessage({ lifetime }) {
  return lifetime === undefined ? AUTO_STOP.noLifetime : AUTO_STOP.lifetimeOf(span(lifetime.maxMinutes * 60_000));
}

/**
 * When one that is to run ends whatever its use, or that one that stands still cannot be started; empty for nothing.
 *
 * @param {Pick<Instance, 'lifetime' | 'desired' | 'status'>} instance
 * @param {number} nowMs
 */
export function endText({ lifetime, desired, status }, nowMs) {
  if (lifetime === undefined || status === 'terminated' || desired === 'deleted') return '';
  const isOver = Date.parse(lifetime.endsAt) <= nowMs;
  if (desired === 'running') return isOver ? WHY.endsNow : WHY.ends(whenText(lifetime.endsAt, nowMs));
  return isOver ? WHY.lifetimeOver : '';
}
