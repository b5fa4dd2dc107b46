import { commandResult, pathOf } from '../fleet/commands.js';
import { ProblemError } from '../net/problem.js';
import { fill, h } from '../ui/dom.js';
import { openFormDialog } from '../ui/form-dialog.js';
import { apiText } from '../ui/format.js';
import { autoStopBody, isSameAutoStop, settingsMessage } from './auto-stop-settings.js';
import { lifetimeField, lifetimeMessage } from './lifetime.js';
import { settingsForm } from './settings-form.js';
import { autoStopInForce } from './verdict.js';
import { AUTO_STOP } from './words.js';

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
 * Changes when an instance is stopped: for standing unused, and at the end of its lifetime.
 *
 * @param {ContextParts} parts
 * @param {Instance} instance
 */
export function openAutoStopSettings(parts, instance) {
  const form = settingsForm(instance.autoStop);
  const lifetime = lifetimeField(instance);
  const inForce = h('div', { class: 'stack', role: 'status' }, h('p', { class: 'quiet' }, AUTO_STOP.readingInForce));
  /** The instance with the settings that the person saw and decided upon. */
  let seen = instance;
  let touched = false;
  lifetime.field.element.addEventListener('input', () => {
    touched = true;
  });

  /** @param {Present} present */
  const show = ({ idle }) => {
    fill(
      inForce,
      h('p', {}, h('strong', {}, AUTO_STOP.inForce), autoStopInForce(idle.autoStop)),
      h('p', { class: 'quiet' }, apiText(idle.reason)),
    );
  };
  const fields = [...form.fields, lifetime.field];
  const dialog = openFormDialog({
    title: AUTO_STOP.settingsTitle(instance.name),
    body: [inForce, fields.map(({ element }) => element)],
    fields,
    submitLabel: AUTO_STOP.save,
    check: () => [...form.check(), ...lifetime.check()],
    submit: async () => {
      const body = { ...autoStopBody(form.read()), maxLifetimeMinutes: lifetime.read() };
      const saved = await save(parts, instance, body, seen);
      if (saved.kind === 'saved') {
        parts.fleet.applyInstance(saved.instance);
        return commandResult(instance, AUTO_STOP.isSet(settingsMessage(saved.instance.autoStop)));
      }
      seen = saved.present.instance;
      show(saved.present);
      dialog.inform(AUTO_STOP.changedMeanwhile(`${settingsMessage(seen.autoStop)}; ${lifetimeMessage(seen)}`));
      return null;
    },
    toasts: parts.toasts,
  });
  void read(parts, instance).then(
    (present) => {
      if (!isSame(seen, present.instance) && !form.isTouched() && !touched) {
        form.write(present.instance.autoStop);
        lifetime.write(present.instance);
      }
      seen = present.instance;
      show(present);
    },
    (error) => {
      fill(inForce);
      dialog.fail(error);
    },
  );
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
 * @param {Instance} seen
 * @returns {Promise<{kind: 'saved', instance: Instance} | {kind: 'changed', present: Present}>}
 */
async function save(parts, instance, body, seen) {
  for (let left = TRIES; ; left -= 1) {
    const present = await read(parts, instance);
    if (!isSame(seen, present.instance)) return { kind: 'changed', present };
    try {
      const headers = { 'if-match': present.etag };
      return { kind: 'saved', instance: (await parts.http.request('PATCH', pathOf(instance), { headers, body })).body };
    } catch (error) {
      if (!(error instanceof ProblemError && error.status === 412) || left <= 1) throw error;
    }
  }
}

/** Whether two readings of an instance say the same about when it is stopped. @param {Instance} one @param {Instance} other */
function isSame(one, other) {
  return isSameAutoStop(one.autoStop, other.autoStop) && one.lifetime?.maxMinutes === other.lifetime?.maxMinutes;
}
