import { h, refill } from '../ui/dom.js';
import { actorName, formatDuration } from '../ui/format.js';
import { moment, onTick, tickMoments } from '../ui/ticker.js';
import { SYNC } from './words.js';

/** @typedef {import('../net/api-types.js').SyncRunView} Run */

/**
 * The latest runs, each with how it went and what it changed.
 *
 * @param {import('../routing/router.js').ViewContext} context
 */
export function syncHistoryView({ fleet, signal }) {
  const body = h('tbody', {});
  const { begun, why, result, took, changes } = SYNC.columns;
  const table = h(
    'table',
    { class: 'table' },
    h('caption', { class: 'visually-hidden' }, SYNC.history),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        [begun, why, result, took, changes].map((name) => h('th', { scope: 'col' }, name)),
      ),
    ),
    body,
  );
  const none = h('p', { class: 'quiet' }, SYNC.none);
  fleet.syncHistory.watch((runs) => {
    table.hidden = runs.length === 0;
    none.hidden = runs.length > 0;
    refill(
      body,
      runs.map(({ runId }) => runId),
      () => runs.map(runRow),
    );
  }, signal);
  onTick((nowMs) => tickMoments(body, nowMs), signal);
  return h('section', { class: 'stack' }, h('h2', {}, SYNC.history), none, h('div', { class: 'table-scroll' }, table));
}

/** @param {Run} run */
function runRow(run) {
  const { startTime, trigger, requestedBy, duration, error } = run;
  const { text, tone } = resultOf(run);
  return h(
    'tr',
    {},
    h('td', { class: 'numeric' }, moment(startTime)),
    h('td', {}, trigger === 'manual' ? actorName(requestedBy) : SYNC.triggers[trigger]),
    h('td', {}, h('span', { class: 'badge', data: { tone }, title: error ?? null }, text)),
    h('td', { class: 'numeric' }, formatDuration(duration)),
    h('td', { class: 'numeric' }, changesText(run.changes)),
  );
}

/** @param {Pick<Run, 'outcome' | 'held'>} run */
function resultOf({ outcome, held }) {
  if (outcome === 'failed') return { text: SYNC.failed, tone: 'bad' };
  return held ? { text: SYNC.held, tone: 'warn' } : { text: SYNC.completed, tone: 'ok' };
}

/**
 * Such as `3 new, 1 gone`.
 *
 * @param {Run['changes']} changes
 */
export function changesText(changes) {
  const kinds = /** @type {readonly (keyof Run['changes'])[]} */ (Object.keys(SYNC.changes));
  const parts = kinds.filter((kind) => changes[kind] > 0).map((kind) => `${changes[kind]} ${SYNC.changes[kind]}`);
  return parts.length === 0 ? SYNC.unchanged : parts.join(', ');
}
