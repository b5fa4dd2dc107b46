import { commandResult, pathOf } from '../fleet/commands.js';
import { ProblemError } from '../net/problem.js';
import { fill, h } from '../ui/dom.js';
import { openFormDialog } from '../ui/form-dialog.js';
import { choice, fieldGroup } from '../ui/form-fields.js';
import { withLocalTimes } from '../ui/format.js';
import {
  autoStopBody,
  autoStopForm,
  isSameAutoStop,
  settingsMessage,
  thresholdViolation,
} from './auto-stop-settings.js';
import { autoStopInForce } from './verdict.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('../fleet/context.js').ContextParts} ContextParts
 *
 * @typedef {object} Present how it stands, read for this dialog
 * @property {Instance} instance
 * @property {string} etag
 * @property {import('../net/api-types.js').IdleEvaluation} idle
 */

/** While an instance starts or stops its revision moves often, which is nothing to ask anybody about. */
const TRIES = 4;

/**
 * Changes when an instance is stopped for standing unused.
 *
 * @param {ContextParts} parts
 * @param {Instance} instance
 */
export function openAutoStopSettings(parts, instance) {
  const form = settingsForm(instance.autoStop);
  const inForce = h(
    'div',
    { class: 'stack', role: 'status' },
    h('p', { class: 'quiet' }, 'Reading what is in force …'),
  );
  /** The settings that the person saw and decided upon. */
  let seen = instance.autoStop;

  /** @param {Present} present */
  const show = ({ idle }) => {
    fill(
      inForce,
      h('p', {}, h('strong', {}, 'In force: '), autoStopInForce(idle.autoStop)),
      h('p', { class: 'quiet' }, withLocalTimes(idle.reason)),
    );
  };
  const dialog = openFormDialog({
    title: `Auto-stop of ${instance.name}`,
    body: [inForce, form.fields.map(({ element }) => element)],
    fields: form.fields,
    submitLabel: 'Save',
    check: form.check,
    submit: async () => {
      const saved = await save(parts, instance, autoStopBody(form.read()), seen);
      if (saved.kind === 'saved') {
        parts.fleet.applyInstance(saved.instance);
        return commandResult(instance, `auto-stop is set to “${settingsMessage(saved.instance.autoStop)}”`);
      }
      seen = saved.present.instance.autoStop;
      show(saved.present);
      dialog.inform(
        `Somebody changed these settings in the meantime; they now say “${settingsMessage(seen)}”. Your choices are still here: press Save to put them in their place.`,
      );
      return null;
    },
    toasts: parts.toasts,
  });
  void read(parts, instance).then(
    (present) => {
      if (!isSameAutoStop(seen, present.instance.autoStop) && !form.isTouched()) form.write(present.instance.autoStop);
      seen = present.instance.autoStop;
      show(present);
    },
    (error) => {
      fill(inForce);
      dialog.fail(error);
    },
  );
}

/** @param {import('../net/api-types.js').AutoStopView} settings */
function settingsForm(settings) {
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

/**
 * @param {ContextParts} parts
 * @param {Instance} instance
 * @returns {Promise<Present>}
 */
async function read({ http }, instance) {
  const [record, idle] = await Promise.all([http.get(pathOf(instance)), http.get(`${pathOf(instance)}/idle`)]);
  const etag = record.headers.get('etag')?.replace(/^W\//, '') ?? `"${record.body.revision}"`;
  return { instance: record.body, etag, idle: idle.body };
}

/**
 * Saves upon a fresh read. When the instance moved on in between, only a change of these settings is worth a question.
 *
 * @param {ContextParts} parts
 * @param {Instance} instance
 * @param {unknown} body
 * @param {import('../net/api-types.js').AutoStopView} seen
 * @returns {Promise<{kind: 'saved', instance: Instance} | {kind: 'changed', present: Present}>}
 */
async function save(parts, instance, body, seen) {
  for (let left = TRIES; ; left -= 1) {
    const present = await read(parts, instance);
    if (!isSameAutoStop(seen, present.instance.autoStop)) return { kind: 'changed', present };
    try {
      const headers = { 'if-match': present.etag };
      return { kind: 'saved', instance: (await parts.http.request('PATCH', pathOf(instance), { headers, body })).body };
    } catch (error) {
      if (!(error instanceof ProblemError && error.status === 412) || left <= 1) throw error;
    }
  }
}
