import { newRepeatKey } from '../app/repeat-key.js';
import { onTick } from '../app/ticker.js';
import { whileBusy } from '../dom/busy.js';
import { openDialog } from '../dom/dialog.js';
import { fill, h, setText } from '../dom/h.js';
import { tickMoments } from '../dom/moment.js';
import { withLocalTimes } from '../format/local-times.js';
import { progressWords } from '../format/sync-words.js';
import { ProblemError, problemText } from '../http/problem.js';
import { syncAutomation } from './sync/sync-automation.js';
import { syncOptions } from './sync/sync-options.js';
import { syncResult } from './sync/sync-result.js';

/** The API answers after 60 s at the latest, while the run goes on. */
const PATIENCE_MS = 70_000;
/** So soon after it was asked for, a run has begun and can be followed in the header. */
const BEGUN_MS = 300;

/**
 * Brings the records in line with Novita now, or tells what that would do; pauses and resumes the automatic runs.
 *
 * @param {import('../app/context.js').ContextParts} parts
 */
export function openSyncNow(parts) {
  const { http, fleet, notices } = parts;
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
        headers: { 'idempotency-key': newRepeatKey() },
        patienceMs: PATIENCE_MS,
      });
      take(answer.status, answer.body);
    } catch (error) {
      fail(error);
    } finally {
      clearTimeout(begun);
      void fleet.readSync();
    }
  };
  /** @param {number} status @param {Parameters<typeof syncResult>[0]} body */
  const take = (status, body) => {
    if (status === 202) {
      dialog.close();
      notices.success('The sync goes on; the header shows how far it is.');
      return;
    }
    if (!dialog.element.open) {
      if (body.success) notices.success(`${body.message}.`);
      else notices.failureText(`${body.message}.`);
      return;
    }
    fill(result, syncResult(body));
    result.scrollIntoView({ block: 'nearest' });
  };
  /** @param {unknown} error */
  const fail = (error) => {
    if (!dialog.element.open) {
      notices.failure(error);
      return;
    }
    const isRunning = error instanceof ProblemError && error.code === 'sync-in-progress';
    join.hidden = !isRunning;
    setText(
      alert,
      isRunning
        ? 'A sync is running already. Wait for it, or follow it in the header.'
        : withLocalTimes(problemText(error)),
    );
    if (isRunning) join.focus();
  };

  const dialog = openDialog({
    title: 'Sync with Novita',
    body: [automation.element, options.element, state, result],
    actions: [alert, close, join, tryOut, start],
    shape: 'wide',
    onClose: () => {
      automation.stop();
      stopWatching();
      stopTicking();
    },
  });
  const stopTicking = onTick((nowMs) => tickMoments(dialog.element, nowMs));
  const stopWatching = fleet.sync.watch((sync) => {
    setText(state, sync?.status === 'in_progress' ? `A sync runs: ${progressWords(sync)}.` : '');
  });
  const buttons = [join, tryOut, start];
  /** @param {HTMLButtonElement} button @param {() => Promise<void>} work */
  const press = (button, work) => {
    // One run at a time: the others would be refused by the first.
    if (buttons.some((other) => other.getAttribute('aria-busy') === 'true')) return;
    void whileBusy(button, work);
  };
  close.addEventListener('click', () => dialog.close());
  join.addEventListener('click', () => press(join, () => run(false, true)));
  tryOut.addEventListener('click', () => press(tryOut, () => run(true)));
  start.addEventListener('click', () => press(start, () => run(false)));
}
