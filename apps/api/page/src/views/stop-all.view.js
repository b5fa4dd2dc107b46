import { newRepeatKey } from '../app/repeat-key.js';
import { whileBusy } from '../dom/busy.js';
import { openDialog } from '../dom/dialog.js';
import { choice } from '../dom/form-field.js';
import { fill, h, setText } from '../dom/h.js';
import { instanceLines } from '../dom/instance-lines.js';
import { stillCostingWords, totalWords } from '../format/totals.js';
import { problemText } from '../http/problem.js';
import { counted } from '../state/bulk.js';
import { NewestRead } from '../state/newest-read.js';

/** @typedef {import('../http/action-types.js').StopAllResult} StopAllResult */

/** Each is written on its own, so a large fleet takes a while. */
const PATIENCE_MS = 120_000;

/**
 * Stops everything of ours: shows by a dry run what that is and what it saves, asks, and tells what came of it.
 *
 * @param {import('../app/context.js').ContextParts} parts
 */
export function openStopAll(parts) {
  const body = h('div', { class: 'stack' }, h('p', { role: 'status' }, 'Asking what would be stopped …'));
  const alert = h('p', { class: 'form-alert', role: 'alert' });
  const close = h('button', { class: 'button', type: 'button' }, 'Close');
  const look = h('button', { class: 'button', type: 'button' }, 'Look again');
  const stop = h(
    'button',
    { class: 'button primary danger', type: 'button', disabled: true, hidden: true },
    'Stop all',
  );
  const dialog = openDialog({
    title: 'Stop all instances',
    body,
    actions: [alert, close, look, stop],
    shape: 'wide',
  });

  const answers = new NewestRead();
  /** @param {boolean} dryRun @returns {Promise<{message: string, data: StopAllResult}>} */
  const send = async (dryRun) => {
    const { body: answer } = await parts.http.post(
      '/api/v1/instances/stop-all',
      { dryRun },
      {
        headers: { 'idempotency-key': newRepeatKey() },
        patienceMs: PATIENCE_MS,
      },
    );
    return answer;
  };
  const dryRun = async () => {
    setText(alert, '');
    stop.hidden = true;
    const isNews = answers.begin();
    try {
      const { data } = await send(true);
      if (isNews()) fill(body, plan(data));
    } catch (error) {
      if (!isNews()) return;
      fill(body);
      fail(error);
    }
  };
  /** @param {StopAllResult} data */
  const plan = ({ stopping, skipped, ending, stillCosting }) => {
    const goesOn = h('p', {}, stillCostingWords(stillCosting));
    if (stopping.length === 0) {
      const nothing =
        stillCosting === null
          ? 'No instance of ours is known to run.'
          : 'Nothing of ours runs, so there is nothing to stop.';
      return [h('p', {}, nothing), goesOn, rest(skipped)];
    }
    const sure = choice({
      type: 'checkbox',
      label: `Stop ${counted(stopping.length)}`,
      hint: 'What was started since this list was made is stopped too.',
    });
    sure.input.addEventListener('change', () => {
      stop.disabled = !sure.input.checked;
    });
    setText(stop, `Stop ${counted(stopping.length)}`);
    stop.disabled = true;
    stop.hidden = false;
    return [
      h(
        'p',
        {},
        `${counted(stopping.length, 'instance', 'instances')} would be stopped. That ends `,
        h('strong', { class: 'numeric' }, totalWords({ usd: ending.usdPerHour, unpriced: ending.unpriced })),
        '. Nothing is deleted, and a stop is done when Novita agrees.',
      ),
      goesOn,
      instanceLines(stopping, 'Instances that would be stopped'),
      sure.element,
      rest(skipped),
    ];
  };
  const really = async () => {
    setText(alert, '');
    // A list that was asked for before it would show what ran before.
    const isNews = answers.begin();
    try {
      const { message, data } = await send(false);
      isNews();
      stop.hidden = true;
      void parts.fleet.refresh();
      if (data.failed.length === 0 || !dialog.element.open) {
        dialog.close();
        if (data.failed.length === 0) parts.notices.success(`${message}.`);
        else parts.notices.failureText(`${message}.`);
        return;
      }
      fill(
        body,
        h('p', { role: 'status' }, `${message}.`),
        h('h3', {}, `Not stopped: ${counted(data.failed.length)}`),
        instanceLines(data.failed, 'Instances that could not be told to stop'),
        data.stopping.length === 0
          ? null
          : [
              h('h3', {}, `Stopping: ${counted(data.stopping.length)}`),
              instanceLines(data.stopping, 'Instances that stop'),
            ],
        h('p', {}, stillCostingWords(data.stillCosting)),
        rest(data.skipped),
      );
    } catch (error) {
      fail(error);
    }
  };
  /** @param {unknown} error */
  const fail = (error) => {
    if (dialog.element.open) setText(alert, problemText(error));
    else parts.notices.failure(error);
  };
  close.addEventListener('click', () => dialog.close());
  look.addEventListener('click', () => void whileBusy(look, dryRun));
  stop.addEventListener('click', () => {
    if (!stop.disabled) void whileBusy(stop, really);
  });
  void whileBusy(look, dryRun);
}

/** @param {StopAllResult['skipped']} skipped */
function rest(skipped) {
  if (skipped.length === 0) return null;
  return [
    h('h3', {}, `Up, and left alone: ${counted(skipped.length)}`),
    instanceLines(skipped, 'Instances that are left alone'),
  ];
}
