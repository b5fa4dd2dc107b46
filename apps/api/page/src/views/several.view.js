import { sendCommand } from '../actions/send-command.js';
import { whileBusy } from '../dom/busy.js';
import { openDialog } from '../dom/dialog.js';
import { fill, h, setText } from '../dom/h.js';
import { instanceLines } from '../dom/instance-lines.js';
import { totalWords } from '../format/totals.js';
import { problemText } from '../http/problem.js';
import { counted, eachSideBySide, planBulk, sumPerHour } from '../state/bulk.js';
import { isConfirmed } from '../state/confirmation.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 * @typedef {import('../state/bulk.js').BulkCommand} BulkCommand
 */

const AT_ONCE = 4;
/** Of so many failures the reasons fit into a notice. */
const TOLD = 3;

/** @type {Readonly<Record<BulkCommand, {readonly verb: string, readonly button: string, readonly money: string, readonly note: string}>>} */
const WORDS = {
  start: {
    verb: 'Start',
    button: 'Start',
    money: 'They will cost',
    note: 'A start is done when an instance says ready.',
  },
  stop: { verb: 'Stop', button: 'Stop', money: 'This ends', note: 'A stop is done when Novita agrees.' },
  restart: {
    verb: 'Restart',
    button: 'Restart',
    money: 'They go on costing',
    note: 'What runs in them is ended and begun anew.',
  },
  delete: {
    verb: 'Delete',
    button: 'Delete',
    money: 'They cost, while they run,',
    note: 'Their disks are deleted at Novita with all that is on them. This cannot be undone.',
  },
};

/**
 * Asks once for several instances, sends the command to each, and tells how each fared.
 *
 * @param {import('../app/context.js').ContextParts} parts
 * @param {BulkCommand} command
 * @param {readonly Instance[]} instances
 */
export function openSeveral(parts, command, instances) {
  const { fitting, leftOut } = planBulk(command, instances);
  const words = WORDS[command];
  const isDelete = command === 'delete';
  const body = h('div', { class: 'stack' });
  const state = h('p', { class: 'form-alert', role: 'status' });
  const send = h(
    'button',
    { class: `button primary${isDelete || command === 'stop' ? ' danger' : ''}`, type: 'button' },
    `${words.button} ${counted(fitting.length)}`,
  );
  const close = h('button', { class: 'button', type: 'button' }, fitting.length === 0 ? 'Close' : 'Cancel');
  const word = String(fitting.length);
  const typed = h('input', { id: 'several-count', class: 'input short', inputmode: 'numeric', autocomplete: 'off' });
  const confirm = h(
    'div',
    { class: 'field' },
    h('label', { for: 'several-count' }, `Type ${word}, the number of instances, to confirm`),
    typed,
  );
  fill(
    body,
    fitting.length === 0
      ? h('p', {}, 'None of the chosen instances can take this command at present.')
      : [
          h('p', {}, `${words.money} ${totalWords(sumPerHour(fitting))}. ${words.note}`),
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
    tell(targets.length, failed);
  };
  /** @param {number} total @param {ReadonlyMap<Instance, unknown>} failed */
  const tell = (total, failed) => {
    const accepted = `${words.verb} accepted for ${total - failed.size} of ${counted(total)}.`;
    if (failed.size === 0) {
      dialog.close();
      parts.notices.success(accepted);
      return;
    }
    if (!dialog.element.open) {
      const told = [...failed].slice(0, TOLD).map(([{ name }, error]) => `${name}: ${problemText(error)}`);
      parts.notices.failureText([accepted, ...told, failed.size > TOLD ? '…' : ''].join(' ').trim());
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
    title: `${words.verb} ${counted(fitting.length)}${isDelete ? '' : '?'}`,
    body,
    actions: [state, close, fitting.length === 0 ? null : send],
    shape: 'wide',
  });
  close.addEventListener('click', () => dialog.close());
  if (isDelete) typed.focus();
}
