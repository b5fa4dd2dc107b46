import { isOutcomeUnknown, RepeatKey } from '../app/repeat-key.js';
import { openFormDialog } from '../dom/form-dialog.js';
import { ProblemError, problemText, sentence } from '../http/problem.js';
import { createBody, createFaults } from '../state/create-form.js';
import { NewestRead } from '../state/newest-read.js';
import { readCatalogue } from './create/catalogue.js';
import { createFormView } from './create/create-form.view.js';

/** While prices and stock cannot be read they are asked for again, so that nobody has to. */
const RETRY_MS = 5_000;

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
  const reads = new NewestRead();
  let isOpen = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  const load = async () => {
    clearTimeout(retry);
    const form = draft?.form;
    if (form === undefined) return;
    form.showLoading();
    const isNews = reads.begin();
    try {
      const catalogue = await readCatalogue(http);
      if (isNews()) form.showCatalogue(catalogue);
    } catch (error) {
      if (!isNews()) return;
      form.showNoCatalogue(`Prices and stock could not be read: ${causeOf(error)} They are asked for again every 5 s.`);
      clearTimeout(retry);
      if (isOpen) retry = setTimeout(() => void load(), RETRY_MS);
    }
  };
  return () => {
    draft ??= { form: createFormView(() => void load()), keys: new RepeatKey() };
    const { form, keys } = draft;
    isOpen = true;
    openFormDialog({
      title: 'Create an instance',
      body: form.element,
      fields: form.fields,
      submitLabel: 'Create',
      shape: 'wide',
      notices,
      onClose: () => {
        isOpen = false;
        clearTimeout(retry);
      },
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

/** @param {unknown} error */
function causeOf(error) {
  return error instanceof ProblemError ? sentence(error.detail) : problemText(error);
}
