import { commandResult, sendCommand } from '../fleet/commands.js';
import { newIdempotencyKey } from '../net/http-client.js';
import { h } from '../ui/dom.js';
import { openFormDialog } from '../ui/form-dialog.js';
import { formField } from '../ui/form-fields.js';
import { sumPerHour, totalMessage } from '../ui/format.js';

/**
 * Asks for the name before an instance is deleted, and says what is lost.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 * @param {import('../net/api-types.js').Instance} instance
 */
export function openConfirmDelete(parts, instance) {
  const word = confirmationWord(instance.name);
  const input = h('input', { class: 'input mono', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
  const field = formField({ label: `Type ${word} to confirm`, pointer: '/name', control: input });
  const dialog = openFormDialog({
    title: `Delete ${instance.name}?`,
    body: [h('p', {}, lossMessage(instance)), h('p', { class: 'quiet' }, keepMessage(instance)), field.element],
    fields: [field],
    submitLabel: 'Delete',
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
  if (novitaInstanceId === undefined) return 'Novita has not made it yet; whatever comes of it is removed.';
  return `The instance and its disk of ${rootfsSize} GB are deleted at Novita, with all that is on it. This cannot be undone. Network storage stays.`;
}

/** @param {import('../net/api-types.js').Instance} instance */
function keepMessage(instance) {
  if (instance.status === 'stopped') {
    return 'Kept as it is, it costs no GPU time; Novita may charge for its disk. It can be started again.';
  }
  const sum = sumPerHour([instance]);
  if (sum.unpriced > 0)
    return 'What it costs to keep it is not known. Stopped, it costs no GPU time and keeps its disk.';
  return `Kept running it costs ${totalMessage(sum)}. Stopped, it costs no GPU time and keeps its disk.`;
}

/**
 * Takes an instance that was made elsewhere into the fleet, after it was said what that means.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 * @param {import('../net/api-types.js').Instance} instance
 */
export function openAdopt({ http, fleet, toasts }, instance) {
  openFormDialog({
    title: `Adopt ${instance.name}?`,
    body: [
      h('p', {}, 'It was made elsewhere. From now on it is managed here: it can be stopped, started and deleted.'),
      h(
        'p',
        { class: 'quiet' },
        'Its present state becomes its desired state. If it runs, its idle time begins now, and it is stopped when nobody uses it for as long as the fleet says.',
      ),
    ],
    submitLabel: 'Adopt',
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
  return plain(name) === '' ? 'delete' : plain(name);
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
