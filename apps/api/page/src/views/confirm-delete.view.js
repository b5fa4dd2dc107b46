import { sendCommand, told } from '../actions/send-command.js';
import { openFormDialog } from '../dom/form-dialog.js';
import { formField } from '../dom/form-field.js';
import { h } from '../dom/h.js';
import { totalWords } from '../format/totals.js';
import { sumPerHour } from '../state/bulk.js';
import { confirmationWord, isConfirmed } from '../state/confirmation.js';

/**
 * Asks for the name before an instance is deleted, and says what is lost.
 *
 * @param {import('../app/context.js').ContextParts} parts
 * @param {import('../http/api-types.js').Instance} instance
 */
export function openConfirmDelete(parts, instance) {
  const word = confirmationWord(instance.name);
  const input = h('input', { class: 'input mono', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
  const field = formField({ label: `Type ${word} to confirm`, pointer: '/name', control: input });
  const dialog = openFormDialog({
    title: `Delete ${instance.name}?`,
    body: [h('p', {}, lossWords(instance)), h('p', { class: 'quiet' }, keepWords(instance)), field.element],
    fields: [field],
    submitLabel: 'Delete',
    tone: 'danger',
    submit: async () => told(instance, await sendCommand(parts, 'delete', instance)),
    notices: parts.notices,
  });
  dialog.submitButton.disabled = true;
  input.addEventListener('input', () => {
    dialog.submitButton.disabled = !isConfirmed(input.value, word);
  });
  input.focus();
}

/** @param {import('../http/api-types.js').Instance} instance */
function lossWords({ rootfsSize, novitaInstanceId }) {
  if (novitaInstanceId === undefined) return 'Novita has not made it yet; whatever comes of it is removed.';
  return `The instance and its disk of ${rootfsSize} GB are deleted at Novita, with all that is on it. This cannot be undone. Network storage stays.`;
}

/** @param {import('../http/api-types.js').Instance} instance */
function keepWords(instance) {
  if (instance.status === 'stopped') {
    return 'Kept as it is, it costs no GPU time; Novita may charge for its disk. It can be started again.';
  }
  const sum = sumPerHour([instance]);
  if (sum.unpriced > 0)
    return 'What it costs to keep it is not known. Stopped, it costs no GPU time and keeps its disk.';
  return `Kept running it costs ${totalWords(sum)}. Stopped, it costs no GPU time and keeps its disk.`;
}
