import { isOutcomeUnknown, RepeatKey } from '../app/repeat-key.js';
import { openFormDialog } from '../dom/form-dialog.js';
import { ProblemError } from '../http/problem.js';
import { createBody, createFaults } from '../state/create-form.js';
import { readCatalogue } from './create/catalogue.js';
import { createFormView } from './create/create-form.view.js';

/**
 * The dialog that makes a new instance. What was entered stays when it is closed without one, for as long as the page
 * lives.
 *
 * @param {import('../app/context.js').ContextParts} parts
 * @returns {() => void} opens it
 */
export function createDialog({ http, fleet, notices }) {
  /** @type {{form: import('./create/create-form.view.js').CreateFormView, keys: RepeatKey} | null} */
  let draft = null;
  return () => {
    draft ??= { form: createFormView(() => void load()), keys: new RepeatKey() };
    const { form, keys } = draft;
    const load = async () => {
      form.showLoading();
      try {
        form.showCatalogue(await readCatalogue(http));
      } catch (error) {
        form.showNoCatalogue();
        if (dialog.element.open) dialog.fail(error);
      }
    };
    const dialog = openFormDialog({
      title: 'Create an instance',
      body: form.element,
      fields: form.fields,
      submitLabel: 'Create',
      shape: 'wide',
      notices,
      check: () => createFaults(form.read(), form.products()),
      repeatHint: 'Press Create again: should the first try have been taken after all, nothing is made twice.',
      submit: async () => {
        const body = createBody(form.read());
        try {
          const headers = { 'idempotency-key': keys.for(body) };
          const answer = await http.post('/api/v1/instances', body, { headers });
          fleet.takeInstance(answer.body);
        } catch (error) {
          if (error instanceof ProblemError && !isOutcomeUnknown(error.status)) keys.forget();
          throw error;
        }
        draft = null;
        return `${body.name}: its creation is accepted; it is done when status says ready.`;
      },
    });
    void load();
    form.focus();
  };
}
