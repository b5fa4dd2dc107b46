import { IdempotencyKey, isOutcomeUnknown, NewestRead } from '../net/http-client.js';
import { ProblemError, problemSummary, problemText } from '../net/problem.js';
import { h } from '../ui/dom.js';
import { openFormDialog } from '../ui/form-dialog.js';
import { createFormView } from './create-form.js';
import { createBody, createViolations } from './create-input.js';

/**
 * @typedef {import('../net/http-client.js').HttpClient} HttpClient
 *
 * @typedef {object} Like what a new instance is to be like
 * @property {string} title of the dialog
 * @property {string} note what could not be copied
 * @property {Partial<import('./create-input.js').CreateForm>} form what stands in it at first
 *
 * @typedef {object} Draft
 * @property {import('./create-form.js').CreateFormView} form
 * @property {IdempotencyKey} keys
 */

/** While prices and stock cannot be read they are asked for again, so that nobody has to. */
const RETRY_MS = 5_000;

/** Keeps the input when the dialog is closed without a create, for as long as the page lives. @type {Draft | null} */
let draft = null;
let isOpen = false;
const reads = new NewestRead();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retry;

/**
 * Opens the dialog that makes a new instance.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 * @param {Like} [like] begins anew, with this in the form
 */
export function openCreate({ http, fleet, toasts }, like) {
  if (like !== undefined) draft = null;
  draft ??= { form: createFormView(() => void load(http)), keys: new IdempotencyKey() };
  const { form, keys } = draft;
  if (like !== undefined) form.write(like.form);
  isOpen = true;
  openFormDialog({
    title: like?.title ?? 'Create an instance',
    body: [like === undefined ? null : h('p', { class: 'field-hint' }, like.note), form.element],
    fields: form.fields,
    submitLabel: 'Create',
    shape: 'wide',
    toasts,
    onClose: () => {
      isOpen = false;
      clearTimeout(retry);
    },
    check: () => createViolations(form.read(), form.products()),
    repeatHint: 'Press Create again: if the first try was accepted after all, nothing is made twice.',
    submit: async () => {
      const body = createBody(form.read());
      try {
        const headers = { 'idempotency-key': keys.for(body) };
        const answer = await http.post('/api/v1/instances', body, { headers });
        fleet.applyInstance(answer.body);
      } catch (error) {
        if (error instanceof ProblemError && !isOutcomeUnknown(error.status)) keys.forget();
        throw error;
      }
      draft = null;
      return `${body.name}: its creation is accepted; it is done when status says ready.`;
    },
  });
  void load(http);
  form.focus();
}

/** Shows the present prices and stock in the form. @param {HttpClient} http */
async function load(http) {
  clearTimeout(retry);
  const form = draft?.form;
  if (form === undefined) return;
  form.showLoading();
  const isNewest = reads.begin();
  try {
    const catalogue = await readCatalogue(http);
    if (isNewest()) form.showCatalogue(catalogue);
  } catch (error) {
    if (!isNewest()) return;
    form.showNoCatalogue(`Prices and stock could not be read: ${causeOf(error)} They are asked for again every 5 s.`);
    clearTimeout(retry);
    if (isOpen) retry = setTimeout(() => void load(http), RETRY_MS);
  }
}

/** @param {unknown} error */
function causeOf(error) {
  return error instanceof ProblemError ? problemSummary(error) : problemText(error);
}

/**
 * Reads the products, regions and templates of the present.
 *
 * @param {HttpClient} http
 * @returns {Promise<import('./offers.js').Catalogue>}
 * @throws {import('../net/problem.js').ProblemError}
 */
async function readCatalogue(http) {
  const [products, clusters, templates] = await Promise.all([
    http.get('/api/v1/products'),
    http.get('/api/v1/clusters'),
    http.get('/api/v1/templates'),
  ]);
  return {
    products: products.body.products,
    clusters: clusters.body.clusters,
    templates: templates.body.templates,
    defaultRegion: clusters.body.defaultRegion,
    asOf: products.body.asOf,
  };
}
