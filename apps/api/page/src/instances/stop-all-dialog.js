import { NewestRead, newIdempotencyKey } from '../net/http-client.js';
import { problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { openDialog } from '../ui/dialog.js';
import { fill, h, setText } from '../ui/dom.js';
import { choice } from '../ui/form-fields.js';
import { counted, totalMessage, usdPerHour } from '../ui/format.js';
import { instanceLines } from './instance-lines.js';
import { STOP_ALL } from './words.js';

/** @typedef {import('../net/api-types.js').StopAllData} StopAllResult */

/** Each is written on its own, so a large fleet takes a while. */
const PATIENCE_MS = 120_000;

/**
 * Stops everything of ours: shows by a dry run what that is and what it saves, asks, and shows what came of it.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 */
export function openStopAll(parts) {
  const body = h('div', { class: 'stack' }, h('p', { role: 'status' }, STOP_ALL.asking));
  const alert = h('p', { class: 'form-alert', role: 'alert' });
  const close = h('button', { class: 'button', type: 'button' }, STOP_ALL.close);
  const again = h('button', { class: 'button', type: 'button' }, STOP_ALL.again);
  const stop = h(
    'button',
    { class: 'button primary danger', type: 'button', disabled: true, hidden: true },
    STOP_ALL.submit,
  );
  const dialog = openDialog({
    title: STOP_ALL.title,
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
      const nothing = stillCosting === null ? STOP_ALL.noneKnown : STOP_ALL.nothing;
      return [h('p', {}, nothing), goesOn, rest(skipped)];
    }
    const sure = choice({
      type: 'checkbox',
      label: STOP_ALL.stop(counted(stopping.length)),
      hint: STOP_ALL.stopHint,
    });
    sure.input.addEventListener('change', () => {
      stop.disabled = !sure.input.checked;
    });
    setText(stop, STOP_ALL.stop(counted(stopping.length)));
    stop.disabled = true;
    stop.hidden = false;
    return [
      h(
        'p',
        {},
        STOP_ALL.ends(counted(stopping.length)),
        h('strong', { class: 'numeric' }, totalMessage({ usd: ending.usdPerHour, unpriced: ending.unpriced })),
        STOP_ALL.endsRest,
      ),
      goesOn,
      instanceLines(stopping, STOP_ALL.list),
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
        h('h3', {}, STOP_ALL.failed(counted(data.failed.length))),
        instanceLines(data.failed, STOP_ALL.failedList),
        data.stopping.length === 0
          ? null
          : [
              h('h3', {}, STOP_ALL.stopping(counted(data.stopping.length))),
              instanceLines(data.stopping, STOP_ALL.stoppingList),
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
  return [h('h3', {}, STOP_ALL.leftAlone(counted(skipped.length))), instanceLines(skipped, STOP_ALL.leftAloneList)];
}

const STILL_COSTING = /** @type {const} */ (['madeElsewhere', 'monthly', 'notStopped']);

/**
 * The costs that remain after everything of ours was stopped, and why.
 *
 * @param {import('../net/api-types.js').StillCostingView | null} still
 */
export function stillCostingMessage(still) {
  if (still === null) return STOP_ALL.restUnknown;
  const { usdPerHour: perHour, instances, unpriced, byReason } = still;
  if (instances === 0) return STOP_ALL.noneGoesOn;
  const parts = STILL_COSTING.flatMap((reason) => {
    const sum = byReason[reason];
    const amount = usdPerHour(sum.usdPerHour);
    return sum.instances === 0 ? [] : [STOP_ALL.part(counted(sum.instances), STOP_ALL.because[reason], amount)];
  });
  return STOP_ALL.goesOn(totalMessage({ usd: perHour, unpriced }), parts.join(', '));
}
