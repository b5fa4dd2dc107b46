import { autoStopBody } from '../auto-stop/auto-stop-settings.js';
import { leaseForm } from '../auto-stop/lease-form.js';
import { settingsForm } from '../auto-stop/settings-form.js';
import { newIdempotencyKey } from '../net/http-client.js';
import { problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { openDialog } from '../ui/dialog.js';
import { fill, h, setText } from '../ui/dom.js';
import { showViolations } from '../ui/form-dialog.js';
import { counted, formatCount } from '../ui/format.js';
import { moneyMessage, sendInPieces, skippedLines } from './bulk-plan.js';
import { isConfirmed } from './confirm-dialogs.js';
import { instanceLines } from './instance-lines.js';
import { BULK } from './words.js';

/**
 * @typedef {import('../fleet/context.js').BulkAction} BulkAction
 * @typedef {import('../fleet/context.js').BulkTarget} BulkTarget
 * @typedef {import('./bulk-plan.js').BulkPlan} BulkPlan
 * @typedef {import('./bulk-plan.js').BulkItem} BulkItem
 *
 * @typedef {object} Given what is asked before
 * @property {readonly import('../ui/form-fields.js').Field[]} fields
 * @property {() => readonly import('../net/problem.js').FieldViolation[]} check
 * @property {() => object} read
 * @property {object} example what a dry run is asked with, which only says to whom the command would go
 */

const PATH = '/api/v1/instances/bulk';

/** Each instance is written on its own, so a large fleet takes a while. */
const PATIENCE_MS = 120_000;

/**
 * Asks once for all: shows by a dry run what a command would do and what it means in dollars, sends it, shows how far it
 * is, and what did not take it, to be tried again.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 * @param {BulkAction} action
 * @param {BulkTarget} target
 */
export function openBulkDialog(parts, action, target) {
  const { verb, asks } = action;
  const isDangerous = action.action === 'delete' || action.action === 'stop';
  const given = givenFor(asks);
  const plan = h('div', { class: 'stack' }, h('p', { role: 'status' }, BULK.asking));
  const state = h('p', { class: 'form-alert', role: 'status' });
  const close = h('button', { class: 'button', type: 'button' }, BULK.cancel);
  const again = h('button', { class: 'button', type: 'button' }, BULK.lookAgain);
  const send = h(
    'button',
    { class: `button primary${isDangerous ? ' danger' : ''}`, type: 'button', hidden: true },
    verb,
  );
  const fields = h('div', { class: 'stack' }, given?.fields.map(({ element }) => element) ?? []);
  const dialog = openDialog({
    title: verb,
    body: [fields, plan],
    actions: [state, close, again, send],
    shape: 'wide',
  });
  given?.follow(dialog.signal);

  /** @param {object} body */
  const ask = async (body) => {
    const options = { headers: { 'idempotency-key': newIdempotencyKey() }, patienceMs: PATIENCE_MS };
    return (await parts.http.post(PATH, { action: action.action, ...body }, options)).body;
  };
  /** @type {readonly string[]} */
  let ids = [];
  /** @param {BulkPlan} found */
  const show = (found) => {
    ids = found.ids;
    send.hidden = ids.length === 0;
    setText(send, `${verb} ${counted(ids.length)}`);
    setText(close, ids.length === 0 ? BULK.close : BULK.cancel);
    fill(plan, planParts(found, action, asks === 'count' ? send : null));
  };
  const look = async () => {
    setText(state, '');
    try {
      show((await ask({ dryRun: true, ...target, ...given?.example })).preview);
    } catch (error) {
      send.hidden = true;
      fill(plan);
      setText(state, problemText(error));
    }
  };
  const run = async () => {
    const violations = given?.check() ?? [];
    showViolations(given?.fields ?? [], violations);
    if (violations.length > 0) return;
    const values = given?.read() ?? {};
    const total = ids.length;
    const bar = h('progress', { class: 'progress', max: total, value: 0, 'aria-label': BULK.progress });
    fields.hidden = true;
    again.hidden = true;
    send.hidden = true;
    setText(close, BULK.close);
    fill(plan, h('p', {}, BULK.sending), bar);
    const filter = 'filter' in target ? { filter: target.filter } : {};
    const outcome = await sendInPieces(
      ids,
      async (piece) => (await ask({ ...filter, ...values, ids: piece })).outcome.items,
      (done) => {
        bar.value = done;
        setText(state, BULK.sent(formatCount(done), formatCount(total)));
      },
    );
    void parts.fleet.refresh();
    showOutcome(total, outcome);
  };
  /** @param {number} total @param {Awaited<ReturnType<typeof sendInPieces>>} outcome */
  const showOutcome = (total, { accepted, failed, error }) => {
    const text = BULK.accepted(verb, formatCount(accepted), counted(total));
    if (failed.length === 0) {
      dialog.close();
      parts.toasts.success(text);
      return;
    }
    const why = error === null ? '' : problemText(error);
    if (!dialog.element.open) {
      parts.toasts.failureText([text, why, BULK.failed(counted(failed.length))].filter(Boolean).join(' '));
      return;
    }
    setText(state, [text, why].filter(Boolean).join(' '));
    fill(plan, h('h3', {}, BULK.failed(counted(failed.length))), failedLines(failed));
    ids = failed.map(({ instanceId }) => instanceId);
    setText(send, BULK.again);
    send.hidden = false;
    send.disabled = false;
  };
  close.addEventListener('click', () => dialog.close());
  again.addEventListener('click', () => void whileBusy(again, look));
  send.addEventListener('click', () => {
    if (!send.disabled) void whileBusy(send, run);
  });
  void whileBusy(again, look);
}

/**
 * @param {BulkPlan} plan
 * @param {BulkAction} action
 * @param {HTMLButtonElement | null} guarded a button that waits until the number of instances was typed
 */
function planParts(plan, action, guarded) {
  const { acting, items, skipped } = plan;
  const left = skippedLines(skipped);
  const leftCount = skipped.reduce((sum, { instances }) => sum + instances, 0);
  return [
    acting === 0
      ? h('p', {}, BULK.nothing)
      : [
          h('p', {}, [moneyMessage(plan), action.note].filter(Boolean).join(' ')),
          instanceLines(items, BULK.fits),
          acting > items.length && h('p', { class: 'quiet' }, BULK.first(formatCount(acting))),
        ],
    left.length > 0 && [
      h('h3', {}, BULK.leftOutCount(counted(leftCount))),
      h(
        'ul',
        { class: 'bullets', 'aria-label': BULK.leftOut },
        left.map((line) => h('li', {}, line)),
      ),
    ],
    guarded !== null && acting > 0 && confirmation(String(plan.ids.length), guarded),
  ];
}

/** @param {readonly BulkItem[]} failed */
function failedLines(failed) {
  return h(
    'ul',
    { class: 'bullets', 'aria-label': BULK.failedLabel },
    failed
      .slice(0, 100)
      .map(({ name, instanceId, reason = '' }) => h('li', {}, [name || instanceId, reason].filter(Boolean).join(': '))),
  );
}

/**
 * @param {string} word
 * @param {HTMLButtonElement} guarded
 */
function confirmation(word, guarded) {
  const typed = h('input', { id: 'bulk-count', class: 'input short', inputmode: 'numeric', autocomplete: 'off' });
  guarded.disabled = true;
  typed.addEventListener('input', () => {
    guarded.disabled = !isConfirmed(typed.value, word);
  });
  return h('div', { class: 'field' }, h('label', { for: 'bulk-count' }, BULK.confirm(word)), typed);
}

/** @param {BulkAction['asks']} asks @returns {(Given & {follow: (signal: AbortSignal) => void}) | null} */
function givenFor(asks) {
  if (asks === 'lease') return { ...leaseForm(), example: { minutes: 60, reason: BULK.example } };
  if (asks !== 'autoStop') return null;
  const form = settingsForm({});
  return {
    fields: form.fields,
    check: form.check,
    read: () => autoStopBody(form.read()),
    example: autoStopBody(form.read()),
    follow: () => undefined,
  };
}
