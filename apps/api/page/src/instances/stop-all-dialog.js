import { NewestRead, newIdempotencyKey } from '../net/http-client.js';
import { problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { openDialog } from '../ui/dialog.js';
import { fill, h, setText } from '../ui/dom.js';
import { choice } from '../ui/form-fields.js';
import { counted, totalMessage, usdPerHour } from '../ui/format.js';
import { instanceLines } from './instance-lines.js';

/** @typedef {import('../net/api-types.js').StopAllData} StopAllResult */

/** Each is written on its own, so a large fleet takes a while. */
const PATIENCE_MS = 120_000;

/**
 * Stops everything of ours: shows by a dry run what that is and what it saves, asks, and shows what came of it.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 */
export function openStopAll(parts) {
  const body = h('div', { class: 'stack' }, h('p', { role: 'status' }, 'Asking what would be stopped …'));
  const alert = h('p', { class: 'form-alert', role: 'alert' });
  const close = h('button', { class: 'button', type: 'button' }, 'Close');
  const again = h('button', { class: 'button', type: 'button' }, 'Look again');
  const stop = h(
    'button',
    { class: 'button primary danger', type: 'button', disabled: true, hidden: true },
    'Stop all',
  );
  const dialog = openDialog({
    title: 'Stop all instances',
    body,
    actions: [alert, close, again, stop],
    shape: 'wide',
  });

  const answers = new NewestRead();
  /** @param {boolean} dryRun @returns {Promise<{message: string, data: StopAllResult}>} */
  const send = async (dryRun) => {
    const { body: answer } = await parts.http.post(
      '/api/v1/instances/stop-all',
      { dryRun },
      {
        headers: { 'idempotency-key': newIdempotencyKey() },
        patienceMs: PATIENCE_MS,
      },
    );
    return answer;
  };
  const dryRun = async () => {
    setText(alert, '');
    stop.hidden = true;
    const isNewest = answers.begin();
    try {
      const { data } = await send(true);
      if (isNewest()) fill(body, plan(data));
    } catch (error) {
      if (!isNewest()) return;
      fill(body);
      fail(error);
    }
  };
  /** @param {StopAllResult} data */
  const plan = ({ stopping, skipped, ending, stillCosting }) => {
    const goesOn = h('p', {}, stillCostingMessage(stillCosting));
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
      hint: 'Instances that were started since this list was made are stopped too.',
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
        h('strong', { class: 'numeric' }, totalMessage({ usd: ending.usdPerHour, unpriced: ending.unpriced })),
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
    const isNewest = answers.begin();
    try {
      const { message, data } = await send(false);
      isNewest();
      stop.hidden = true;
      void parts.fleet.refresh();
      if (data.failed.length === 0 || !dialog.element.open) {
        dialog.close();
        if (data.failed.length === 0) parts.toasts.success(`${message}.`);
        else parts.toasts.failureText(`${message}.`);
        return;
      }
      fill(
        body,
        h('p', { role: 'status' }, `${message}.`),
        h('h3', {}, `Not stopped: ${counted(data.failed.length)}`),
        instanceLines(data.failed, 'Instances that could not be stopped'),
        data.stopping.length === 0
          ? null
          : [
              h('h3', {}, `Stopping: ${counted(data.stopping.length)}`),
              instanceLines(data.stopping, 'Instances that stop'),
            ],
        h('p', {}, stillCostingMessage(data.stillCosting)),
        rest(data.skipped),
      );
    } catch (error) {
      fail(error);
    }
  };
  /** @param {unknown} error */
  const fail = (error) => {
    if (dialog.element.open) setText(alert, problemText(error));
    else parts.toasts.failure(error);
  };
  close.addEventListener('click', () => dialog.close());
  again.addEventListener('click', () => void whileBusy(again, dryRun));
  stop.addEventListener('click', () => {
    if (!stop.disabled) void whileBusy(stop, really);
  });
  void whileBusy(again, dryRun);
}

/** @param {StopAllResult['skipped']} skipped */
function rest(skipped) {
  if (skipped.length === 0) return null;
  return [
    h('h3', {}, `Up, and left alone: ${counted(skipped.length)}`),
    instanceLines(skipped, 'Instances that are left alone'),
  ];
}

const STILL_COSTING_LABELS = /** @type {const} */ ([
  ['madeElsewhere', 'made elsewhere and left alone'],
  ['monthly', 'paid by the month, running or not'],
  ['notStopped', 'not to be stopped at present'],
]);

/**
 * The costs that remain after everything of ours was stopped, and why.
 *
 * @param {import('../net/api-types.js').StillCostingView | null} still
 */
export function stillCostingMessage(still) {
  if (still === null) return 'It is not known at present what else runs at Novita.';
  const { usdPerHour: perHour, instances, unpriced, byReason } = still;
  if (instances === 0) return 'No costs go on then.';
  const parts = STILL_COSTING_LABELS.flatMap(([reason, text]) => {
    const sum = byReason[reason];
    return sum.instances === 0 ? [] : [`${counted(sum.instances)} ${text} (${usdPerHour(sum.usdPerHour)})`];
  });
  return `These costs go on: ${totalMessage({ usd: perHour, unpriced })}. That is ${parts.join(', ')}.`;
}
