import { formField } from '../../dom/form-field.js';
import { h } from '../../dom/h.js';

const MODES = [
  ['', 'As the template or the fleet says'],
  ['on', 'Always'],
  ['off', 'Never'],
];

/** When a new instance is stopped for standing unused. */
export function autoStopFields() {
  const enabled = h(
    'select',
    { class: 'select' },
    MODES.map(([value, words]) => h('option', { value }, words)),
  );
  const minutes = h('input', { class: 'input', autocomplete: 'off', inputmode: 'decimal' });
  const enabledField = formField({ label: 'Stop it when it stands unused', pointer: '/autoStop', control: enabled });
  const minutesField = formField({
    label: 'After minutes without use',
    pointer: '/autoStop/thresholdMinutes',
    control: minutes,
    hint: 'Empty: as the template or the fleet says.',
  });
  enabled.addEventListener('change', () => {
    minutes.disabled = enabled.value === 'off';
  });
  return {
    element: h('div', { class: 'field-grid' }, enabledField.element, minutesField.element),
    fields: [enabledField, minutesField],
    read: () => ({
      autoStop: /** @type {'' | 'on' | 'off'} */ (enabled.value),
      thresholdMinutes: minutes.value,
    }),
  };
}
