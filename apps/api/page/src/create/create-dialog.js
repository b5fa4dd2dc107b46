import { withQuery } from '../net/address.js';
import { IdempotencyKey, isOutcomeUnknown, NewestRead } from '../net/http-client.js';
import { ProblemError, problemSummary, problemText } from '../net/problem.js';
import { h } from '../ui/dom.js';
import { openFormDialog } from '../ui/form-dialog.js';
import { createFormView } from './create-form.js';
import { createBody, createViolations } from './create-input.js';
import { CREATE } from './words.js';

/**
 * @typedef {import('../net/http-client.js').HttpClient} HttpClient
 * @typedef {import('./create-form.js').CreateFormView} CreateFormView
 *
 * @typedef {object} Like what a new instance is to be like
 * @property {string} title of the dialog
 * @property {string} note what could not be copied
 * @property {Partial<import('./create-input.js').CreateForm>} form what stands in it at first
 *
 * @typedef {object} Draft
 * @property {CreateFormView} form
 * @property {IdempotencyKey} keys
 * @property {PriceReader} prices
 */

/** While prices and stock cannot be read they are asked for again, so that nobody has to. */
const RETRY_MS = 5_000;

/** Keeps the input when the dialog is closed without a create, for as long as the page lives. @type {Draft | null} */
let kept = null;

/**
 * Opens the dialog that makes a new instance.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 * @param {Like} [like] begins with this in the form, beside what was typed into another one before
 */
export function openCreate({ http, fleet, toasts }, like) {
  const draft = like === undefined ? (kept ?? newDraft(http)) : newDraft(http);
  const { form, keys, prices } = draft;
  if (like === undefined) kept = draft;
  else form.write(like.form);
  openFormDialog({
    title: like?.title ?? CREATE.title,
    body: [like !== undefined && h('p', { class: 'field-hint' }, like.note), form.element],
    fields: form.fields,
    submitLabel: CREATE.submit,
    shape: 'wide',
    toasts,
    onClose: () => prices.pause(),
    check: () => createViolations(form.read(), form.products()),
    repeatHint: CREATE.repeat,
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
      if (kept === draft) kept = null;
      return CREATE.accepted(body.name);
    },
  });
  void prices.load();
  form.focus();
}

/** @param {HttpClient} http @returns {Draft} */
function newDraft(http) {
  /** @type {CreateFormView} */
  const form = createFormView({ reload: () => void prices.load(), offers: () => void prices.loadOffers() });
  const prices = new PriceReader(http, form);
  return { form, keys: new IdempotencyKey(), prices };
}

/** Reads present prices and stock into a form, and tries again while that fails and the dialog is open. */
class PriceReader {
  /**
   * @param {HttpClient} http
   * @param {CreateFormView} form
   */
  constructor(http, form) {
    this.http = http;
    this.form = form;
    this.reads = new NewestRead();
    this.isOpen = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retry = undefined;
  }

  /** Everything. */
  load() {
    return this.read(async () => {
      const [products, offers, clusters, templates] = await Promise.all([
        this.http.get('/api/v1/products'),
        this.http.get(this.offersPath()),
        this.http.get('/api/v1/clusters'),
        this.http.get('/api/v1/templates'),
      ]);
      return () =>
        this.form.showCatalogue({
          products: products.body.products,
          gpus: offers.body.gpus,
          templates: templates.body.templates,
          defaultRegion: clusters.body.defaultRegion,
          asOf: products.body.asOf,
        });
    });
  }

  /** Only the prices for another number of GPUs, or another billing. */
  loadOffers() {
    // Before anything is known the rest is missing too.
    if (this.form.products().length === 0) return this.load();
    return this.read(async () => {
      const { body } = await this.http.get(this.offersPath());
      return () => this.form.showOffers(body.gpus);
    });
  }

  pause() {
    this.isOpen = false;
    clearTimeout(this.retry);
  }

  offersPath() {
    return withQuery('/api/v1/offers', { ...this.form.priced() });
  }

  /**
   * @param {() => Promise<() => void>} read answers with what shows it
   */
  async read(read) {
    this.isOpen = true;
    clearTimeout(this.retry);
    this.form.showLoading();
    const isNewest = this.reads.begin();
    try {
      const show = await read();
      if (isNewest()) show();
    } catch (error) {
      if (!isNewest()) return;
      const cause = error instanceof ProblemError ? problemSummary(error) : problemText(error);
      this.form.showNoCatalogue(CREATE.notRead(cause));
      clearTimeout(this.retry);
      if (this.isOpen) this.retry = setTimeout(() => void this.load(), RETRY_MS);
    }
  }
}
