import { isOutcomeUnknown } from '../app/repeat-key.js';
import { withLocalTimes } from '../format/local-times.js';
import { ProblemError, problemText, sentence } from '../http/problem.js';
import { whileBusy } from './busy.js';
import { openDialog } from './dialog.js';
import { clearFaults, showFaults } from './form-faults.js';
import { h, setText } from './h.js';

/**
 * @typedef {object} FormDialogOptions
 * @property {string} title
 * @property {import('./h.js').Child} body
 * @property {readonly import('./form-field.js').Field[]} [fields]
 * @property {string} submitLabel
 * @property {'danger' | 'normal'} [tone]
 * @property {'normal' | 'wide'} [shape]
 * @property {readonly HTMLButtonElement[]} [also] further buttons of the foot
 * @property {() => readonly import('../http/problem.js').FieldFault[]} [check] what is wrong before anything is sent
 * @property {() => Promise<string | null>} submit sends it; resolves with what to tell once the dialog is closed, or null to
 *   leave it open
 * @property {string} [repeatHint] told when nobody knows whether it was done
 * @property {import('../app/notices.js').Notices} notices told of success, and of a failure after the dialog was closed
 * @property {() => void} [onClose]
 *
 * @typedef {object} FormDialog
 * @property {HTMLDialogElement} element
 * @property {HTMLButtonElement} submitButton
 * @property {() => void} close
 * @property {(error: unknown) => void} fail shows why something did not work
 * @property {(text: string) => void} tell
 */

let count = 0;

/**
 * A dialog around a form: what goes wrong is shown inside, beside the field where there is one, and nothing that was
 * entered is lost by it.
 *
 * @param {FormDialogOptions} options
 * @returns {FormDialog}
 */
export function openFormDialog(options) {
  const { title, body, fields = [], submitLabel, tone = 'normal', shape = 'normal', also = [], onClose } = options;
  count += 1;
  const formId = `form-${count}`;
  const alert = h('p', { class: 'form-alert', role: 'alert' });
  const submitButton = h(
    'button',
    { class: `button primary${tone === 'danger' ? ' danger' : ''}`, type: 'submit', form: formId },
    submitLabel,
  );

  /** @param {unknown} error */
  const fail = (error) => {
    if (!dialog.element.open) {
      options.notices.failure(error);
      return;
    }
    setText(alert, withLocalTimes(failureText(error, fields, options.repeatHint)));
  };
  const send = async () => {
    const faults = options.check?.() ?? [];
    if (faults.length > 0) {
      showFaults(fields, faults);
      setText(alert, faultsText(faults.length));
      return;
    }
    clearFaults(fields);
    setText(alert, '');
    try {
      const told = await options.submit();
      if (told === null) return;
      // Not before: what lies outside an open dialog is not read out.
      dialog.close();
      options.notices.success(told);
    } catch (error) {
      fail(error);
    }
  };
  const form = h(
    'form',
    {
      id: formId,
      class: 'form',
      novalidate: true,
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          if (!submitButton.disabled) void whileBusy(submitButton, send);
        },
      },
    },
    body,
  );
  // What is being corrected is not reproached any more, neither there nor in the foot. On the way down, so that a field may still say something itself.
  form.addEventListener(
    'input',
    ({ target }) => {
      for (const field of fields) if (target instanceof Node && field.element.contains(target)) field.clearFault();
      setText(alert, '');
    },
    true,
  );
  const cancel = h('button', { class: 'button', type: 'button', on: { click: () => dialog.close() } }, 'Cancel');
  const dialog = openDialog({
    title,
    body: form,
    actions: [alert, cancel, also, submitButton],
    shape,
    ...(onClose === undefined ? {} : { onClose }),
  });
  return { ...dialog, submitButton, fail, tell: (text) => setText(alert, text) };
}

/**
 * @param {unknown} error
 * @param {readonly import('./form-field.js').Field[]} fields
 * @param {string} [repeatHint]
 */
function failureText(error, fields, repeatHint = '') {
  if (!(error instanceof ProblemError)) return problemText(error);
  const hint = isOutcomeUnknown(error.status) ? repeatHint : '';
  const homeless = showFaults(fields, error.errors);
  const isPlaced = error.errors.length > 0 && homeless.length === 0;
  if (!isPlaced) return [problemText(error), hint].filter(Boolean).join(' ');
  return [faultsText(error.errors.length), error.suggestion === '' ? '' : sentence(error.suggestion)].join(' ').trim();
}

/** @param {number} faults */
function faultsText(faults) {
  return faults === 1 ? 'One value needs another look.' : `${faults} values need another look.`;
}
