import { h } from '../ui/dom.js';
import { choice, fieldGroup } from '../ui/form-fields.js';
import { autoStopForm, thresholdViolation } from './auto-stop-settings.js';
import { AUTO_STOP } from './words.js';

/**
 * The fields that ask whether, and after how long, something is stopped for standing unused.
 *
 * @param {import('../net/api-types.js').AutoStopView} settings
 */
export function settingsForm(settings) {
  const start = autoStopForm(settings);
  /** @param {'fleet' | 'on' | 'off'} value @param {string} label @param {string} [hint] */
  const mode = (value, label, hint) =>
    choice({
      type: 'radio',
      name: 'auto-stop-enabled',
      value,
      checked: start.enabled === value,
      label,
      hint: hint ?? null,
    });
  const modes = [
    mode('fleet', AUTO_STOP.asFleet, AUTO_STOP.asFleetHint),
    mode('on', AUTO_STOP.on),
    mode('off', AUTO_STOP.off),
  ];
  /** @param {'default' | 'own'} value @param {string} label */
  const time = (value, label) =>
    choice({
      type: 'radio',
      name: 'auto-stop-threshold',
      value,
      checked: (value === 'own') === start.hasOwnThreshold,
      label,
    });
  const times = [time('default', AUTO_STOP.asFleet), time('own', AUTO_STOP.ownTime)];
  const minutes = h('input', {
    class: 'input short',
    inputmode: 'decimal',
    'aria-label': AUTO_STOP.minutes,
    value: start.thresholdMinutes,
  });
  let touched = false;
  minutes.addEventListener('input', () => {
    for (const { input } of times) input.checked = input.value === 'own';
  });
  const enabled = fieldGroup({
    legend: AUTO_STOP.enabled,
    pointer: '/autoStop/enabled',
    content: modes.map(({ element }) => element),
  });
  const threshold = fieldGroup({
    legend: AUTO_STOP.threshold,
    pointer: '/autoStop/thresholdMinutes',
    content: [times.map(({ element }) => element), minutes],
    focus: () => minutes,
  });
  const fields = [enabled, threshold];
  for (const { element } of fields) {
    element.addEventListener('input', () => {
      touched = true;
    });
  }
  /** @returns {import('./auto-stop-settings.js').AutoStopForm} */
  const read = () => ({
    enabled: /** @type {'fleet' | 'on' | 'off'} */ (modes.find(({ input }) => input.checked)?.input.value ?? 'fleet'),
    hasOwnThreshold: times[1]?.input.checked ?? false,
    thresholdMinutes: minutes.value,
  });
  return {
    fields,
    read,
    isTouched: () => touched,
    /** @param {import('../net/api-types.js').AutoStopView} next */
    write: (next) => {
      const { enabled, hasOwnThreshold, thresholdMinutes } = autoStopForm(next);
      for (const { input } of modes) input.checked = input.value === enabled;
      for (const { input } of times) input.checked = (input.value === 'own') === hasOwnThreshold;
      minutes.value = thresholdMinutes;
    },
    check: () => {
      const { hasOwnThreshold, thresholdMinutes } = read();
      if (!hasOwnThreshold) return [];
      const detail = thresholdMinutes.trim() === '' ? AUTO_STOP.giveMinutes : thresholdViolation(thresholdMinutes);
      return detail === '' ? [] : [{ pointer: '/autoStop/thresholdMinutes', detail }];
    },
  };
}
