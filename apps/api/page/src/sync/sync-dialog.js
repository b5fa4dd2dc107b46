import { newIdempotencyKey } from '../net/http-client.js';
import { ProblemError, problemText, sentence } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { openDialog } from '../ui/dialog.js';
import { fill, h, setText } from '../ui/dom.js';
import { choice, fieldGroup } from '../ui/form-fields.js';
import { actorName, withLocalTimes } from '../ui/format.js';
import { moment, onTick, tickMoments } from '../ui/ticker.js';
import { kindLabel, progressMessage, SYNC_KINDS } from './sync-messages.js';
import { syncResult } from './sync-result.js';

/** The API answers after 60 s at the latest, while the run goes on. */
const PATIENCE_MS = 70_000;

/** This long after the request a run has begun and can be followed in the header. */
const BEGUN_MS = 300;

/**
 * Brings the records in line with Novita now, or shows what that would do; pauses and resumes the automatic runs.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 */
export function openSyncNow(parts) {
  const { http, fleet, toasts } = parts;
  const options = syncOptions();
  const alert = h('p', { class: 'form-alert', role: 'alert' });
  const automation = syncAutomation(parts, (error) => setText(alert, problemText(error)));
  const state = h('p', { class: 'quiet', role: 'status' });
  const result = h('div', { class: 'stack', role: 'status' });
  const close = h('button', { class: 'button', type: 'button' }, 'Close');
  const join = h('button', { class: 'button', type: 'button', hidden: true }, 'Wait for the one that runs');
  const tryOut = h('button', { class: 'button', type: 'button' }, 'Show what it would do');
  const start = h('button', { class: 'button primary', type: 'button' }, 'Sync now');

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
      toasts.success('The sync goes on; the header shows how far it is.');
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
    setText(alert, withLocalTimes(problemText(error)));
    if (isRunning) join.focus();
  };

  const dialog = openDialog({
    title: 'Sync with Novita',
    body: [automation.element, options.element, state, result],
    actions: [alert, close, join, tryOut, start],
    shape: 'wide',
  });
  onTick((nowMs) => tickMoments(dialog.element, nowMs), dialog.signal);
  fleet.sync.watch((sync) => {
    setText(state, sync?.status === 'in_progress' ? `A sync runs: ${progressMessage(sync)}.` : '');
  }, dialog.signal);
  fleet.sync.watch(automation.show, dialog.signal);
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

/**
 * Whether syncs begin by themselves, and the button that changes it.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 * @param {(error: unknown) => void} onFailure
 */
function syncAutomation({ http, fleet }, onFailure) {
  const text = h('p', {});
  const button = h('button', { class: 'button small', type: 'button' });
  const said = h('p', { class: 'visually-hidden', role: 'status' });
  let isPaused = false;
  /** @param {import('../net/api-types.js').SyncStatus | null} status */
  const show = (status) => {
    isPaused = status?.paused !== undefined;
    setText(button, isPaused ? 'Resume automatic runs' : 'Pause automatic runs');
    fill(text, automationMessage(status));
  };
  button.addEventListener('click', () => {
    void whileBusy(button, async () => {
      try {
        const headers = { 'idempotency-key': newIdempotencyKey() };
        const isNewest = fleet.reads.sync.begin();
        const { body } = await http.post(`/api/v1/sync/${isPaused ? 'resume' : 'pause'}`, undefined, { headers });
        if (isNewest()) fleet.sync.set(body);
        // A read that came meanwhile may be older or newer than the answer: only another read decides.
        else await fleet.readSync();
        setText(said, sentence(body.message));
      } catch (error) {
        onFailure(error);
      }
    });
  });
  return {
    element: h('div', { class: 'row between' }, text, button, said),
    show,
  };
}

/** @param {import('../net/api-types.js').SyncStatus | null} status */
function automationMessage(status) {
  if (status?.paused !== undefined) {
    const { by, since } = status.paused;
    return ['Automatic runs are paused, ', by === undefined ? '' : `by ${actorName(by)}, `, moment(since), '.'];
  }
  if (status?.nextRun !== undefined) return ['The next automatic run is ', moment(status.nextRun, 'until'), '.'];
  return 'No automatic run is planned at present.';
}

/** The options of a sync by hand, each with its meaning. */
function syncOptions() {
  const missing = choice({
    type: 'checkbox',
    checked: true,
    label: 'Look after instances that are missing',
    hint: 'Those that Novita neither lists nor knows when it is asked for them are marked or removed, as the settings say. Without this, records are only updated and added.',
  });
  const force = choice({
    type: 'checkbox',
    label: 'Let a held listing through',
    hint: 'A listing that lacks too many instances at once is held back. This lets it through, after Novita has denied each of them.',
  });
  const kinds = SYNC_KINDS.map((kind) => ({
    kind,
    box: choice({ type: 'checkbox', value: kind, checked: true, label: kindLabel(kind) }),
  }));
  const resources = fieldGroup({
    legend: 'What is read at Novita',
    pointer: '/resources',
    hint: 'Choosing none means everything.',
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
