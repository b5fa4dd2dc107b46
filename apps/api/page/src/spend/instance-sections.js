/**
 * The instances whose money can be saved: those that stand idle, and those that are billed though they are stopped.
 */

import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { costSoFar, gpuLabel, ownerLabel, roughlyAgo } from '../instances/instance-messages.js';
import { Selection } from '../instances/selection.js';
import { viewAddress } from '../routing/links.js';
import { h, setHidden, setText } from '../ui/dom.js';
import { counted, formatCount, sumPerHour, usd, usdPerHour } from '../ui/format.js';
import { onTick } from '../ui/ticker.js';
import { instanceRows } from './instance-rows.js';
import { endMessage, idleFor, roughPerHour, unpricedMessage } from './spend-messages.js';
import { SPEND } from './words.js';

/**
 * @typedef {import('../routing/router.js').ViewContext} ViewContext
 * @typedef {import('../net/api-types.js').InstancePage} InstancePage
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('./instance-rows.js').RowColumn} RowColumn
 */

/** The dearest ones; the list of instances shows all of them. */
const SHOWN = 10;

/** What can be done with several idle ones, in this order. */
const BULK_ACTIONS = /** @type {const} */ (['stop', 'keepBusy', 'autoStop', 'adopt']);

/** @type {RowColumn} */
const PRICE = {
  name: 'price',
  label: SPEND.columns.price,
  say: ({ pricePerHour }) => ({ text: usdPerHour(pricePerHour) }),
};
/** @type {RowColumn} */
const GPU = { name: 'gpu', label: SPEND.columns.gpu, say: (instance) => ({ text: gpuLabel(instance) }) };
/** @type {RowColumn} */
const OWNER = { name: 'owner', label: SPEND.columns.owner, say: ({ owner }) => ({ text: ownerLabel(owner) }) };

/**
 * What stands idle, the dearest first: what would end it, and a way to end it for several at once.
 *
 * @param {ViewContext} view
 */
export function idleSection(view) {
  const { fleet, session } = view;
  const selection = session.mayCommand ? new Selection() : null;
  /** @type {readonly RowColumn[]} */
  const columns = [
    PRICE,
    { name: 'idle', label: SPEND.columns.idle, say: idleFor },
    {
      name: 'end',
      label: SPEND.columns.end,
      say: (instance, nowMs) => endMessage(instance, nowMs, fleet.autoStop()),
    },
    GPU,
    OWNER,
  ];
  const read = listRead(view, 'idle');
  const rows = instanceRows(view, { caption: SPEND.idleTable, columns, selection });
  const bar = selection && selectionBar(view, selection, read);
  return section(view, {
    name: 'idle',
    title: SPEND.idle,
    hint: selection === null ? null : SPEND.idleHint,
    nothing: SPEND.nothingIdle,
    failed: SPEND.idleFailed,
    read,
    rows,
    bar,
  });
}

/**
 * What is billed though it is stopped.
 *
 * @param {ViewContext} view
 */
export function stoppedSection(view) {
  /** @type {readonly RowColumn[]} */
  const columns = [
    PRICE,
    {
      name: 'down',
      label: SPEND.columns.down,
      say: ({ stoppedAt }, nowMs) => ({ text: stoppedAt === undefined ? '' : roughlyAgo(stoppedAt, nowMs) }),
    },
    {
      name: 'cost',
      label: SPEND.columns.cost,
      say: ({ cost }, nowMs) => ({ text: cost === undefined ? '' : usd(costSoFar(cost, nowMs)) }),
    },
    GPU,
    OWNER,
  ];
  return section(view, {
    name: 'billed-though-stopped',
    title: SPEND.stopped,
    hint: SPEND.stoppedHint,
    nothing: SPEND.nothingStopped,
    failed: SPEND.stoppedFailed,
    read: listRead(view, 'billed-though-stopped'),
    rows: instanceRows(view, { caption: SPEND.stoppedTable, columns, selection: null }),
    bar: null,
  });
}

/**
 * @param {ViewContext} view
 * @param {'idle' | 'billed-though-stopped'} show
 * @returns {LiveRead<InstancePage>}
 */
function listRead({ fleet, signal }, show) {
  const path = `/api/v1/instances?show=${show}&sort=-price&limit=${SHOWN}`;
  return new LiveRead(fleet, path, signal, (type) => type.startsWith('instance.') || type === 'sync.completed');
}

/**
 * @param {ViewContext} view
 * @param {object} options
 * @param {'idle' | 'billed-though-stopped'} options.name of the figure that it lists
 * @param {string} options.title
 * @param {string | null} options.hint
 * @param {string} options.nothing said instead of the table
 * @param {string} options.failed
 * @param {LiveRead<InstancePage>} options.read
 * @param {ReturnType<typeof instanceRows>} options.rows
 * @param {HTMLElement | null} options.bar for the rows that are selected
 */
function section({ signal }, { name, title, hint, nothing, failed, read, rows, bar }) {
  const sum = h('p', { class: 'money-sum numeric' });
  const all = h('a', { class: 'money-all', href: viewAddress('instances', { search: `?show=${name}&sort=-price` }) });
  const lead = h('p', { class: 'quiet' }, hint);
  const none = h('p', { class: 'quiet' }, nothing);
  const content = h('div', { class: 'stack' }, none, lead, rows.element, bar);
  const draw = (/** @type {InstancePage} */ { instances, total }) => {
    const count = total ?? instances.length;
    rows.show(instances);
    setHidden(none, count > 0);
    setHidden(lead, count === 0 || hint === null);
    setHidden(all, count <= instances.length);
    setText(all, SPEND.showAll(formatCount(count)));
  };
  onTick((nowMs) => rows.tick(nowMs), signal);
  const element = h(
    'section',
    { class: 'money-section stack', data: { section: name }, 'aria-label': title },
    h('div', { class: 'money-head' }, h('h2', {}, title), sum, all),
    readView(read, { content, draw, failed, rows: 3 }),
  );
  return {
    element,
    shown: read.read(),
    /** @param {{readonly usdPerHour: number, readonly instances: number | null}} figure of the whole fleet */
    showSum({ usdPerHour: amount, instances }) {
      const isNone = instances === 0 || (instances === null && amount === 0);
      setText(
        sum,
        isNone ? '' : instances === null ? roughPerHour(amount) : SPEND.sum(counted(instances), roughPerHour(amount)),
      );
    },
  };
}

/**
 * What can be done with the selected rows, and what they cost together.
 *
 * @param {ViewContext} view
 * @param {Selection} selection
 * @param {LiveRead<InstancePage>} read
 */
function selectionBar({ actions, signal }, selection, read) {
  const text = h('p', { class: 'numeric', role: 'status' });
  const buttons = BULK_ACTIONS.flatMap((name) => {
    const action = actions.forSelection.find((one) => one.action === name);
    if (action === undefined) return [];
    const click = () => void action.run({ ids: [...selection.ids.get()] });
    const look = name === 'stop' ? 'button primary' : 'button';
    return [{ action, button: h('button', { class: look, type: 'button', on: { click } }, SPEND.bulk[name]) }];
  });
  const clear = h('button', { class: 'button plain', type: 'button' }, SPEND.clear);
  const element = h(
    'div',
    { class: 'money-bar', role: 'group', 'aria-label': SPEND.selectedBar },
    text,
    buttons.map(({ button }) => button),
    clear,
  );
  clear.addEventListener('click', () => {
    const first = element.closest('section')?.querySelector('tbody input');
    selection.clear();
    // The bar goes, and the focus with it.
    if (first instanceof HTMLElement) first.focus({ preventScroll: true });
  });
  selection.ids.watch((ids) => {
    const chosen = (read.state.get().value?.instances ?? []).filter(({ id }) => ids.has(id));
    setHidden(element, chosen.length === 0);
    const { usd: amount, unpriced } = sumPerHour(chosen);
    const said = chosen.length === 0 ? '' : SPEND.selected(counted(chosen.length), usdPerHour(amount));
    setText(text, [said, unpricedMessage(unpriced)].filter(Boolean).join(' '));
    for (const { action, button } of buttons) {
      setHidden(button, !chosen.some((instance) => action.objection(instance) === ''));
    }
  }, signal);
  return element;
}
