import { h } from '../ui/dom.js';
import { choice, fieldGroup } from '../ui/form-fields.js';
import { autoStopForm, thresholdViolation } from './auto-stop-settings.js';

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
    mode('fleet', 'As the fleet says', 'Its template may say otherwise.'),
    mode('on', 'Always stop it when it stands unused'),
    mode('off', 'Never stop it for that'),
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
  const times = [time('default', 'As the fleet says'), time('own', 'After this many minutes:')];
  const minutes = h('input', {
    class: 'input short',
    inputmode: 'decimal',
    'aria-label': 'Minutes without use',
    value: start.thresholdMinutes,
  });
  let touched = false;
  minutes.addEventListener('input', () => {
    for (const { input } of times) input.checked = input.value === 'own';
  });
  const enabled = fieldGroup({
    legend: 'When it stands unused',
    pointer: '/autoStop/enabled',
    content: modes.map(({ element }) => element),
  });
  const threshold = fieldGroup({
    legend: 'How long it may stand unused',
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
      const detail = thresholdMinutes.trim() === '' ? 'Give the minutes.' : thresholdViolation(thresholdMinutes);
      return detail === '' ? [] : [{ pointer: '/autoStop/thresholdMinutes', detail }];
    },
  };
}
