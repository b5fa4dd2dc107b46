import { sendCommand } from '../fleet/commands.js';
import { problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { openDialog } from '../ui/dialog.js';
import { fill, h, setText } from '../ui/dom.js';
import { counted, sumPerHour, totalMessage } from '../ui/format.js';
import { isConfirmed } from './confirm-dialogs.js';
import { instanceLines } from './instance-lines.js';

const AT_ONCE = 4;

/** A toast has room for the reasons of this many failures. */
const NAMED = 3;

/**
 * Asks once for all chosen instances, sends the command to each, and shows how each fared.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 * @param {BulkAction} action
 * @param {readonly Instance[]} instances
 */
export function openBulkDialog(parts, action, instances) {
  const { fitting, leftOut } = planBulk(action, instances);
  const { command, verb, money, note } = action;
  const isDelete = command === 'delete';
  const body = h('div', { class: 'stack' });
  const state = h('p', { class: 'form-alert', role: 'status' });
  const send = h(
    'button',
    { class: `button primary${isDelete || command === 'stop' ? ' danger' : ''}`, type: 'button' },
    `${verb} ${counted(fitting.length)}`,
  );
  const close = h('button', { class: 'button', type: 'button' }, fitting.length === 0 ? 'Close' : 'Cancel');
  const word = String(fitting.length);
  const typed = h('input', { id: 'bulk-count', class: 'input short', inputmode: 'numeric', autocomplete: 'off' });
  const confirm = h(
    'div',
    { class: 'field' },
    h('label', { for: 'bulk-count' }, `Type ${word}, the number of instances, to confirm`),
    typed,
  );
  fill(
    body,
    fitting.length === 0
      ? h('p', {}, 'None of the chosen instances can take this command at present.')
      : [
          h('p', {}, `${money} ${totalMessage(sumPerHour(fitting))}. ${note}`),
          instanceLines(fitting, 'Instances that get the command'),
        ],
    leftOut.length === 0
      ? null
      : [
          h('h3', {}, `Left out: ${counted(leftOut.length)}`),
          instanceLines(
            leftOut.map(({ instance, reason }) => ({ ...instance, reason })),
            'Instances that are left out',
          ),
        ],
    isDelete && fitting.length > 0 ? confirm : null,
  );
  send.disabled = isDelete;
  typed.addEventListener('input', () => {
    send.disabled = !isConfirmed(typed.value, word);
  });

  const run = async (/** @type {readonly Instance[]} */ targets) => {
    const bar = h('progress', { class: 'progress', max: targets.length, value: 0, 'aria-label': 'Commands sent' });
    fill(body, h('p', {}, 'Closing this window does not end it.'), bar);
    setText(close, 'Close');
    /** @type {Map<Instance, unknown>} */
    const failed = new Map();
    const failures = await eachSideBySide(
      targets,
      AT_ONCE,
      async (instance) => {
        await sendCommand(parts, command, instance);
      },
      (done) => {
        bar.value = done;
        setText(state, `${done} of ${targets.length} sent`);
      },
    );
    for (const { item, error } of failures) failed.set(item, error);
    showOutcome(targets.length, failed);
  };
  /** @param {number} total @param {ReadonlyMap<Instance, unknown>} failed */
  const showOutcome = (total, failed) => {
    const accepted = `${verb} accepted for ${total - failed.size} of ${counted(total)}.`;
    if (failed.size === 0) {
      dialog.close();
      parts.toasts.success(accepted);
      return;
    }
    if (!dialog.element.open) {
      const named = [...failed].slice(0, NAMED).map(([{ name }, error]) => `${name}: ${problemText(error)}`);
      parts.toasts.failureText([accepted, ...named, failed.size > NAMED ? '…' : ''].join(' ').trim());
      return;
    }
    setText(state, accepted);
    fill(
      body,
      h('h3', {}, `Not accepted: ${counted(failed.size)}`),
      instanceLines(
        [...failed].map(([instance, error]) => ({ ...instance, reason: problemText(error) })),
        'Instances that did not take the command',
      ),
    );
    setText(send, `Try ${counted(failed.size)} again`);
    targets = [...failed.keys()];
    send.hidden = false;
  };
  /** @type {readonly Instance[]} */
  let targets = fitting;
  send.addEventListener('click', () => {
    if (!send.disabled) void whileBusy(send, () => run(targets));
  });
  const dialog = openDialog({
    title: `${verb} ${counted(fitting.length)}${isDelete ? '' : '?'}`,
    body,
    actions: [state, close, fitting.length === 0 ? null : send],
    shape: 'wide',
  });
  close.addEventListener('click', () => dialog.close());
  if (isDelete) typed.focus();
}

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('../fleet/context.js').BulkAction} BulkAction
 *
 * @typedef {object} BulkPlan
 * @property {readonly Instance[]} fitting
 * @property {readonly {readonly instance: Instance, readonly reason: string}[]} leftOut
 */

/**
 * Parts the chosen instances into those that a command fits and the rest.
 *
 * @param {Pick<BulkAction, 'objection'>} action
 * @param {readonly Instance[]} instances
 * @returns {BulkPlan}
 */
export function planBulk({ objection }, instances) {
  const judged = instances.map((instance) => ({ instance, reason: objection(instance) }));
  return {
    fitting: judged.filter(({ reason }) => reason === '').map(({ instance }) => instance),
    leftOut: judged.filter(({ reason }) => reason !== ''),
  };
}

/**
 * Does some work for each item, a few side by side, in their order. A failure of one does not hold up the others.
 *
 * @template Item
 * @param {readonly Item[]} items
 * @param {number} atOnce
 * @param {(item: Item) => Promise<void>} work
 * @param {(done: number) => void} onDone called after each, with how many are over
 * @returns {Promise<readonly {readonly item: Item, readonly error: unknown}[]>} those that failed
 */
export async function eachSideBySide(items, atOnce, work, onDone) {
  /** @type {{item: Item, error: unknown}[]} */
  const failures = [];
  const waiting = items.values();
  let done = 0;
  const run = async () => {
    // They share one iterator, so each item is taken once.
    for (const item of waiting) {
      try {
        await work(item);
      } catch (error) {
        failures.push({ item, error });
      }
      done += 1;
      onDone(done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, run));
  return failures;
}
