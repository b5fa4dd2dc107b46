import { told } from '../actions/send-command.js';
import { newRepeatKey } from '../app/repeat-key.js';
import { openFormDialog } from '../dom/form-dialog.js';
import { h } from '../dom/h.js';

/**
 * Takes an instance that was made elsewhere into the fleet, after it was said what that means.
 *
 * @param {import('../app/context.js').ContextParts} parts
 * @param {import('../http/api-types.js').Instance} instance
 */
export function openAdopt({ http, fleet, notices }, instance) {
  openFormDialog({
    title: `Adopt ${instance.name}?`,
    body: [
      h('p', {}, 'It was made elsewhere. From now on it is managed here: it can be stopped, started and deleted.'),
      h(
        'p',
        { class: 'quiet' },
        'What it does at present becomes what is wished of it. If it runs, its idle time begins now, and it is stopped when nobody uses it for as long as the fleet says.',
      ),
    ],
    submitLabel: 'Adopt',
    submit: async () => {
      const id = encodeURIComponent(instance.novitaInstanceId ?? '');
      const headers = { 'idempotency-key': newRepeatKey() };
      const { body } = await http.post(`/api/v1/orphans/${id}/adopt`, undefined, { headers });
      fleet.takeInstance(body);
      return told(instance, body.message);
    },
    notices,
  });
}
