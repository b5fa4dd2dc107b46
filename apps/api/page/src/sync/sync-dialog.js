import { newIdempotencyKey } from '../net/http-client.js';
import { ProblemError, problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { openDialog } from '../ui/dialog.js';
import { fill, h, setText } from '../ui/dom.js';
import { choice, fieldGroup } from '../ui/form-fields.js';
import { apiText } from '../ui/format.js';
import { kindLabel, progressMessage, SYNC_KINDS } from './sync-messages.js';
import { syncResult } from './sync-result.js';
import { SYNC_NOW } from './words.js';

/** The API answers after 60 s at the latest, while the run goes on. */
const PATIENCE_MS = 70_000;

/** This long after the request a run has begun and can be followed. */
const BEGUN_MS = 300;

/**
 * Brings the records in line with Novita now, or shows what that would do.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 * @param {{readonly isForced?: boolean}} [given] whether a held listing is let through, to begin with
 */
export function openSyncNow(parts, { isForced = false } = {}) {
  const { http, fleet, toasts } = parts;
  const options = syncOptions(isForced);
  const alert = h('p', { class: 'form-alert', role: 'alert' });
  const state = h('p', { class: 'quiet', role: 'status' });
  const result = h('div', { class: 'stack', role: 'status' });
  const close = h('button', { class: 'button', type: 'button' }, SYNC_NOW.close);
  const join = h('button', { class: 'button', type: 'button', hidden: true }, SYNC_NOW.join);
  const tryOut = h('button', { class: 'button', type: 'button' }, SYNC_NOW.tryOut);
  const start = h('button', { class: 'button primary', type: 'button' }, SYNC_NOW.start);

  /** @param {boolean} dryRun @param {boolean} [wait] */
  const run = async (dryRun, wait = false) => {
    setText(alert, '');
    fill(result);
    join.hidden = true;
    const begun = setTimeout(() => void fleet.readSync(), BEGUN_MS);
    try {
      const answer = await http.post(`/api/v1/instances/sync${wait ? '?wait=true' : ''}`, options.body(dryRun), {
        headers: { 'idempotency-key': newIdempotencyKey() },
        patienceMs: PATIENCE_MS,
      });
      showAnswer(answer.status, answer.body);
    } catch (error) {
      fail(error);
    } finally {
      clearTimeout(begun);
      void fleet.readSync();
    }
  };
  /** @param {number} status @param {Parameters<typeof syncResult>[0]} body */
  const showAnswer = (status, body) => {
    if (status === 202) {
      dialog.close();
      toasts.success(SYNC_NOW.goesOn);
      return;
    }
    if (!dialog.element.open) {
      if (body.success) toasts.success(`${body.message}.`);
      else toasts.failureText(`${body.message}.`);
      return;
    }
    fill(result, syncResult(body));
    result.scrollIntoView({ block: 'nearest' });
  };
  /** @param {unknown} error */
  const fail = (error) => {
    if (!dialog.element.open) {
      toasts.failure(error);
      return;
    }
    const isRunning = error instanceof ProblemError && error.code === 'sync-in-progress';
    join.hidden = !isRunning;
    setText(alert, apiText(problemText(error)));
    if (isRunning) join.focus();
  };

  const dialog = openDialog({
    title: SYNC_NOW.title,
    body: [options.element, state, result],
    actions: [alert, close, join, tryOut, start],
    shape: 'wide',
  });
  fleet.sync.watch((sync) => {
    setText(state, sync?.status === 'in_progress' ? SYNC_NOW.runs(progressMessage(sync)) : '');
  }, dialog.signal);
  const buttons = [join, tryOut, start];
  /** @param {HTMLButtonElement} button @param {() => Promise<void>} work */
  const press = (button, work) => {
    // One run at a time: the API rejects others.
    if (buttons.some((other) => other.getAttribute('aria-busy') === 'true')) return;
    void whileBusy(button, work);
  };
  close.addEventListener('click', () => dialog.close());
  join.addEventListener('click', () => press(join, () => run(false, true)));
  tryOut.addEventListener('click', () => press(tryOut, () => run(true)));
  start.addEventListener('click', () => press(start, () => run(false)));
}

/** The options of a sync by hand, each with its meaning. @param {boolean} isForced */
function syncOptions(isForced) {
  const missing = choice({
    type: 'checkbox',
    checked: true,
    label: SYNC_NOW.missing,
    hint: SYNC_NOW.missingHint,
  });
  const force = choice({
    type: 'checkbox',
    checked: isForced,
    label: SYNC_NOW.force,
    hint: SYNC_NOW.forceHint,
  });
  const kinds = SYNC_KINDS.map((kind) => ({
    kind,
    box: choice({ type: 'checkbox', value: kind, checked: true, label: kindLabel(kind) }),
  }));
  const resources = fieldGroup({
    legend: SYNC_NOW.resources,
    pointer: '/resources',
    hint: SYNC_NOW.resourcesHint,
    content: h(
      'div',
      { class: 'choice-grid' },
      kinds.map(({ box }) => box.element),
    ),
  });
  return {
    element: h('div', { class: 'stack' }, missing.element, force.element, resources.element),
    /** @param {boolean} dryRun */
    body: (dryRun) =>
      syncBody({
        dryRun,
        forceSync: force.input.checked,
        handleObsoleteInstances: missing.input.checked,
        resources: kinds.filter(({ box }) => box.input.checked).map(({ kind }) => kind),
      }),
  };
}

/**
 * @param {object} form
 * @param {boolean} form.dryRun
 * @param {boolean} form.forceSync
 * @param {boolean} form.handleObsoleteInstances
 * @param {readonly string[]} form.resources none means all
 */
export function syncBody({ resources, ...flags }) {
  const isAll = resources.length === 0 || resources.length === SYNC_KINDS.length;
  return { ...flags, ...(isAll ? {} : { resources }) };
}
