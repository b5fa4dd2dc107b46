import { liveStatusChip } from '../fleet/status-chip.js';
import { viewAddress } from '../routing/links.js';
import { h, setAttribute, setText } from '../ui/dom.js';
import { apiText, clockTime, usd, usdPerHour } from '../ui/format.js';
import { UI } from '../ui/words.js';
import { actionCell } from './action-cell.js';
import {
  costSoFar,
  gpuLabel,
  idleMessage,
  notesOf,
  ownerLabel,
  roughlyAgo,
  statusLine,
  uptimeMessage,
} from './instance-messages.js';
import { INSTANCES } from './words.js';

/**
 * @typedef {import('../fleet/known-instance.js').KnownInstance} KnownInstance
 * @typedef {import('./columns.js').ColumnName} ColumnName
 * @typedef {ReturnType<typeof instanceRow>} InstanceRow
 *
 * @typedef {object} Moment what ages
 * @property {number} nowMs
 * @property {number | null} confirmPatienceMs
 * @property {import('../fleet/fleet.js').AutoStop | undefined} autoStop
 *
 * @typedef {object} Cell
 * @property {HTMLElement} element
 * @property {(instance: KnownInstance, isMatch: boolean) => void} [update]
 * @property {(instance: KnownInstance, moment: Moment, isMatch: boolean) => void} [tick]
 * @property {(instance: KnownInstance, moment: Moment, isMatch: boolean) => string} [hint] for whoever points at its row
 */

/** A mark that comes and goes at once; one that fades would be painted anew in every frame, in a burst for all rows. */
const FRESH_MS = 1_500;

/**
 * One row of the table, with a cell for each column. Row and cells touch only what differs from what they show.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {import('./selection.js').Selection} selection
 * @param {readonly ColumnName[]} columns
 * @param {KnownInstance} first
 */
export function instanceRow(context, selection, columns, first) {
  const { fleet, session } = context;
  const { id } = first;
  /** What the row is to show, and what it shows; the same when nothing has changed since. */
  let next = { instance: first, isMatch: true };
  /** @type {typeof next | null} */
  let shown = null;
  let freshUntilMs = 0;

  const check = h('input', {
    type: 'checkbox',
    'aria-label': INSTANCES.select(first.name),
    on: { change: () => selection.set([id], check.checked) },
  });
  const cells = columns.map((column) => CELLS[column](first));
  const action = actionCell(context, first);
  const element = h(
    'tr',
    { role: 'row', data: { id } },
    session.mayCommand && h('td', { role: 'cell', class: 'cell-check' }, h('label', { class: 'check-target' }, check)),
    cells.map((cell) => cell.element),
    action.element,
  );

  /** @param {number} nowMs */
  const momentAt = (nowMs) => ({ nowMs, confirmPatienceMs: fleet.confirmPatienceMs, autoStop: fleet.autoStop() });
  /** Draws what is new, and how long it has lasted. @param {number} nowMs */
  const draw = (nowMs) => {
    const { instance, isMatch } = next;
    if (next !== shown) {
      const isNewest = shown !== null && instance.revision !== shown.instance.revision;
      if (isNewest) freshUntilMs = nowMs + FRESH_MS;
      shown = next;
      setAttribute(element, 'data-left', isMatch ? null : '');
      setAttribute(element, 'data-status', instance.status);
      for (const cell of cells) cell.update?.(instance, isMatch);
      action.update(instance);
    }
    setAttribute(element, 'data-fresh', nowMs < freshUntilMs ? '' : null);
    const moment = momentAt(nowMs);
    for (const cell of cells) cell.tick?.(instance, moment, isMatch);
  };
  // Not before: times in full are slow to make, and of most rows nobody reads them.
  element.addEventListener('pointerenter', () => {
    const { instance, isMatch } = next;
    const moment = momentAt(Date.now());
    for (const { element: cell, hint } of cells) {
      if (hint !== undefined) setAttribute(cell, 'title', hint(instance, moment, isMatch) || null);
    }
  });
  return {
    element,
    draw,
    /** @param {boolean} isChosen */
    choose(isChosen) {
      if (check.checked !== isChosen) check.checked = isChosen;
      setAttribute(element, 'data-chosen', isChosen ? '' : null);
    },
    /**
     * A new row draws itself at once; any other when the table asks for it.
     *
     * @param {KnownInstance} instance
     * @param {boolean} isMatch
     * @returns {boolean} whether it is to be drawn
     */
    update(instance, isMatch) {
      if (shown !== null && instance === next.instance && isMatch === next.isMatch) return next !== shown;
      next = { instance, isMatch };
      if (shown !== null) return true;
      draw(Date.now());
      return false;
    },
  };
}

/** The cell of each column. @type {Readonly<Record<ColumnName, (first: KnownInstance) => Cell>>} */
const CELLS = {
  name: nameCell,
  status: statusCell,
  gpu: () => textCell('gpu', gpuLabel),
  region: () =>
    textCell(
      'region',
      ({ region = '' }) => region.replace(/ \(.*\)$/, ''),
      ({ region = '' }) => region,
    ),
  price: priceCell,
  cost: costCell,
  idle: idleCell,
  uptime: uptimeCell,
  owner: () => textCell('owner', ({ owner }) => ownerLabel(owner)),
  image: () =>
    textCell(
      'image',
      ({ image }) => image.split('/').at(-1) ?? image,
      ({ image }) => image,
    ),
  billing: () => textCell('billing', ({ billingMode }) => INSTANCES.billings[billingMode]),
  origin: () => textCell('origin', ({ origin }) => INSTANCES.origins[origin]),
  created: createdCell,
};

/**
 * @param {ColumnName} column
 * @param {...import('../ui/dom.js').Child} content
 */
function cell(column, ...content) {
  return h(
    'td',
    { role: 'cell', class: `cell cell-${column}`, data: { label: INSTANCES.columns[column] } },
    ...content,
  );
}

/** Two lines: what it is, and below it, small, what belongs to it. @param {ColumnName} column */
function twoLines(column) {
  const line = h('span', { class: 'cell-line numeric' });
  const below = h('span', { class: 'cell-below numeric' });
  return { line, below, element: cell(column, line, below) };
}

/** @param {KnownInstance} first @returns {Cell} */
function nameCell({ id }) {
  const name = h('a', { class: 'instance-link', href: viewAddress('instance', { id }) });
  return {
    element: h('th', { class: 'cell cell-name', role: 'rowheader', scope: 'row' }, name),
    update: (next) => {
      setText(name, next.name);
      setAttribute(name, 'title', `${next.name}\n${id}`);
    },
  };
}

/**
 * @param {ColumnName} column
 * @param {(instance: KnownInstance) => string} text
 * @param {(instance: KnownInstance) => string} [full] for a pointer
 * @returns {Cell}
 */
function textCell(column, text, full = text) {
  const line = h('span', { class: 'cell-line' });
  return {
    element: cell(column, line),
    update: (next) => {
      setText(line, text(next));
      setAttribute(line, 'title', full(next));
    },
  };
}

/** How an instance stands; below it, what must be known beside it or went wrong. @returns {Cell} */
function statusCell() {
  const chip = liveStatusChip();
  const below = h('span', { class: 'cell-below numeric' });
  const element = cell('status', chip.element, below);
  return {
    element,
    update: (instance) => chip.show(instance.status, statusLine(instance)),
    tick: (instance, { nowMs, confirmPatienceMs }, isMatch) => {
      const { lastError, status } = instance;
      const error = lastError === undefined ? '' : apiText(lastError.message);
      const notes = notesOf(instance, nowMs, confirmPatienceMs);
      const left = isMatch ? '' : INSTANCES.left;
      const first = left || (status === 'failed' && error) || notes[0]?.text || error;
      setText(below, first || '');
      setAttribute(
        below,
        'data-tone',
        left ? null : error !== '' && status === 'failed' ? 'bad' : (notes[0]?.tone ?? null),
      );
    },
    hint: (instance, { nowMs, confirmPatienceMs }, isMatch) => {
      const error = instance.lastError === undefined ? '' : apiText(instance.lastError.message);
      const notes = notesOf(instance, nowMs, confirmPatienceMs).map(({ text, hint }) => `${text}: ${hint}`);
      return [statusLine(instance), isMatch ? '' : INSTANCES.left, error, ...notes].filter(Boolean).join('\n');
    },
  };
}

/** What it costs; pale while it is what it would cost. @returns {Cell} */
function priceCell() {
  const { element, line, below } = twoLines('price');
  return {
    element,
    update: ({ pricePerHour, status, billedNow, billingMode }) => {
      const isUnpaid = billedNow === undefined && (status === 'stopped' || status === 'terminated');
      setText(line, pricePerHour === undefined ? UI.notKnown : usdPerHour(pricePerHour));
      setAttribute(line, 'class', isUnpaid ? 'cell-line numeric quiet' : 'cell-line numeric');
      setText(below, billingMode === 'onDemand' ? '' : INSTANCES.billings[billingMode]);
    },
  };
}

/** @returns {Cell} */
function costCell() {
  const line = h('span', { class: 'cell-line numeric' });
  return {
    element: cell('cost', line),
    tick: ({ cost }, { nowMs }) => setText(line, cost === undefined ? '' : usd(costSoFar(cost, nowMs))),
  };
}

/** For how long it stands idle; below it, when it is stopped for that. @returns {Cell} */
function idleCell() {
  const { element, line, below } = twoLines('idle');
  return {
    element,
    tick: (instance, { nowMs, autoStop }) => {
      const message = idleMessage(instance, nowMs, autoStop);
      setText(line, message.idle);
      setText(below, message.stop);
      setAttribute(below, 'data-tone', message.tone === '' ? null : message.tone);
      setAttribute(element, 'data-empty', message.idle + message.stop === '' ? '' : null);
    },
    hint: (instance, { nowMs, autoStop }) => idleMessage(instance, nowMs, autoStop).hint(),
  };
}

/** @returns {Cell} */
function uptimeCell() {
  const line = h('span', { class: 'cell-line numeric' });
  const element = cell('uptime', line);
  return {
    element,
    tick: (instance, { nowMs }) => {
      const up = uptimeMessage(instance, nowMs);
      setText(line, up.text);
      setAttribute(line, 'class', up.isUp ? 'cell-line numeric' : 'cell-line numeric quiet');
    },
    hint: (instance, { nowMs }) => uptimeMessage(instance, nowMs).hint(),
  };
}

/** @param {KnownInstance} first @returns {Cell} */
function createdCell({ createdAt }) {
  const line = h('time', { class: 'cell-line numeric', datetime: createdAt, title: clockTime(createdAt) });
  return {
    element: cell('created', line),
    tick: (_instance, { nowMs }) => setText(line, roughlyAgo(createdAt, nowMs)),
  };
}
