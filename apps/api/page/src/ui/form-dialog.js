import { isOutcomeUnknown } from '../net/http-client.js';
import { ProblemError, problemAdvice, problemText, sentence } from '../net/problem.js';
import { whileBusy } from './buttons.js';
import { openDialog } from './dialog.js';
import { h, setText } from './dom.js';
import { apiText } from './format.js';
import { UI } from './words.js';

/**
 * @typedef {object} FormDialogOptions
 * @property {string} title
 * @property {import('./dom.js').Child} body
 * @property {readonly import('./form-fields.js').Field[]} [fields]
 * @property {string} submitLabel
 * @property {'danger' | 'normal'} [tone]
 * @property {'normal' | 'wide'} [shape]
 * @property {readonly HTMLButtonElement[]} [also] further buttons of the foot
 * @property {() => readonly import('../net/problem.js').FieldViolation[]} [check] what is wrong before anything is sent
 * @property {() => Promise<string | null>} submit sends it; resolves with the text of a toast once the dialog is closed, or null to
 *   leave it open
 * @property {string} [repeatHint] shown when nobody knows whether it was done
 * @property {import('./toasts.js').Toasts} toasts for success, and for a failure after the dialog was closed
 * @property {() => void} [onClose]
 *
 * @typedef {object} FormDialog
 * @property {HTMLDialogElement} element
 * @property {HTMLButtonElement} submitButton
 * @property {() => void} close
 * @property {AbortSignal} signal aborted when it is closed
 * @property {(error: unknown) => void} fail shows why something did not work
 * @property {(text: string) => void} inform
 */

let count = 0;

/**
 * A dialog around a form. It shows a failure inside, beside its field where there is one, and loses nothing that was
 * entered.
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
      options.toasts.failure(error);
      return;
    }
    setText(alert, apiText(failureText(error, fields, options.repeatHint)));
  };
  const send = async () => {
    const violations = options.check?.() ?? [];
    if (violations.length > 0) {
      showViolations(fields, violations);
      setText(alert, UI.violations(violations.length));
      return;
    }
    clearViolations(fields);
    setText(alert, '');
    try {
      const outcome = await options.submit();
      if (outcome === null) return;
      // The dialog closes first: a screen reader does not read what lies outside an open one.
      dialog.close();
      options.toasts.success(outcome);
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
  // A value that is being corrected shows no violation any more, neither there nor in the foot. In the capture phase, so that a
  // field may still show one of its own.
  form.addEventListener(
    'input',
    ({ target }) => {
      for (const field of fields) if (target instanceof Node && field.element.contains(target)) field.clearViolation();
      setText(alert, '');
    },
    true,
  );
  const cancel = h('button', { class: 'button', type: 'button', on: { click: () => dialog.close() } }, UI.cancel);
  const dialog = openDialog({
    title,
    body: form,
    actions: [alert, cancel, also, submitButton],
    shape,
    ...(onClose === undefined ? {} : { onClose }),
  });
  return { ...dialog, submitButton, fail, inform: (text) => setText(alert, text) };
}

/**
 * @param {unknown} error
 * @param {readonly import('./form-fields.js').Field[]} fields
 * @param {string} [repeatHint]
 */
function failureText(error, fields, repeatHint = '') {
  if (!(error instanceof ProblemError)) return problemText(error);
  const hint = isOutcomeUnknown(error.status) ? repeatHint : '';
  const homeless = showViolations(fields, error.errors);
  const isPlaced = error.errors.length > 0 && homeless.length === 0;
  if (!isPlaced) return [problemText(error), hint].filter(Boolean).join(' ');
  return [UI.violations(error.errors.length), problemAdvice(error)].join(' ').trim();
}

/**
 * @typedef {import('./form-fields.js').Field} Field
 * @typedef {import('../net/problem.js').FieldViolation} FieldViolation
 */

/**
 * Shows each violation beside the field that it is about, and puts the focus on the first.
 *
 * @param {readonly Field[]} fields in the order of the page
 * @param {readonly FieldViolation[]} violations
 * @returns {readonly FieldViolation[]} those for which there is no field
 */
export function showViolations(fields, violations) {
  clearViolations(fields);
  /** @type {Map<Field, HTMLElement>} */
  const targets = new Map();
  const homeless = violations.filter(({ pointer, detail }) => {
    const field = fieldFor(fields, pointer);
    if (field === undefined) return true;
    const target = field.showViolation(sentence(apiText(detail)), pointer.slice(field.pointer.length));
    if (target !== null && !targets.has(field)) targets.set(field, target);
    return false;
  });
  for (const field of fields) {
    const target = targets.get(field);
    if (target === undefined) continue;
    unfold(target);
    target.focus();
    break;
  }
  return homeless;
}

/** @param {readonly Field[]} fields */
function clearViolations(fields) {
  for (const field of fields) field.clearViolation();
}

/**
 * The field whose place in the body is the violation's, or holds it: `/ports/0` belongs to `/ports`.
 *
 * @param {readonly Field[]} fields
 * @param {string} pointer
 */
export function fieldFor(fields, pointer) {
  return fields
    .filter((field) => pointer === field.pointer || pointer.startsWith(`${field.pointer}/`))
    .toSorted((a, b) => b.pointer.length - a.pointer.length)[0];
}

/** A violation in a part that is folded away would be hidden. @param {HTMLElement} element */
function unfold(element) {
  for (let part = element.closest('details'); part !== null; part = part.parentElement?.closest('details') ?? null) {
    part.open = true;
  }
}
