import { commandResult, sendCommand } from '../fleet/commands.js';
import { newIdempotencyKey } from '../net/http-client.js';
import { h } from '../ui/dom.js';
import { openFormDialog } from '../ui/form-dialog.js';
import { formField } from '../ui/form-fields.js';
import { sumPerHour, totalMessage } from '../ui/format.js';
import { CONFIRM } from './words.js';

/**
 * Asks for the name before an instance is deleted, and says what is lost.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 * @param {import('../net/api-types.js').Instance} instance
 */
export function openConfirmDelete(parts, instance) {
  const word = confirmationWord(instance.name);
  const input = h('input', { class: 'input mono', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
  const field = formField({ label: CONFIRM.type(word), pointer: '/name', control: input });
  const dialog = openFormDialog({
    title: CONFIRM.deleteTitle(instance.name),
    body: [h('p', {}, lossMessage(instance)), h('p', { class: 'quiet' }, keepMessage(instance)), field.element],
    fields: [field],
    submitLabel: CONFIRM.delete,
    tone: 'danger',
    submit: async () => commandResult(instance, await sendCommand(parts, 'delete', instance)),
    toasts: parts.toasts,
  });
  dialog.submitButton.disabled = true;
  input.addEventListener('input', () => {
    dialog.submitButton.disabled = !isConfirmed(input.value, word);
  });
  input.focus();
}

/** @param {import('../net/api-types.js').Instance} instance */
function lossMessage({ rootfsSize, novitaInstanceId }) {
  if (novitaInstanceId === undefined) return CONFIRM.notMade;
  return CONFIRM.lost(rootfsSize);
}

/** @param {import('../net/api-types.js').Instance} instance */
function keepMessage(instance) {
  if (instance.status === 'stopped') return CONFIRM.keptStopped;
  const sum = sumPerHour([instance]);
  return sum.unpriced > 0 ? CONFIRM.keptUnknown : CONFIRM.keptRunning(totalMessage(sum));
}

/**
 * Takes an instance that was made elsewhere into the fleet, after it was said what that means.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 * @param {import('../net/api-types.js').Instance} instance
 */
export function openAdopt({ http, fleet, toasts }, instance) {
  openFormDialog({
    title: CONFIRM.adoptTitle(instance.name),
    body: [h('p', {}, CONFIRM.adoptText), h('p', { class: 'quiet' }, CONFIRM.adoptHint)],
    submitLabel: CONFIRM.adopt,
    submit: async () => {
      const id = encodeURIComponent(instance.novitaInstanceId ?? '');
      const headers = { 'idempotency-key': newIdempotencyKey() };
      const { body } = await http.post(`/api/v1/orphans/${id}/adopt`, undefined, { headers });
      fleet.applyInstance(body);
      return commandResult(instance, body.message);
    },
    toasts,
  });
}

/**
 * The word that somebody types to show that they mean this very instance. A name that nobody could type (empty, or blanks
 * alone) is asked for by a word instead.
 *
 * @param {string} name
 */
export function confirmationWord(name) {
  return plain(name) === '' ? CONFIRM.word : plain(name);
}

/**
 * @param {string} typed
 * @param {string} word what was asked for
 */
export function isConfirmed(typed, word) {
  return plain(typed) === plain(word);
}

/** Differences that nobody sees on a page, such as the number of blanks, do not count. @param {string} text */
function plain(text) {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}
