import { cardCell, cardRow, cardTable, cellNote } from '../ui/card-table.js';
import { facts, openDialog } from '../ui/dialog.js';
import { h, refill, setText } from '../ui/dom.js';
import { apiText, clockTime, formatCount, formatDuration } from '../ui/format.js';
import { watchAll } from '../ui/store.js';
import { moment, onTick, tickMoments } from '../ui/ticker.js';
import { resourceList } from './resource-list.js';
import { changesText, noRunsMessage, resultOf, whoBegan } from './run-messages.js';
import { SYNC } from './words.js';

/** @typedef {import('../net/api-types.js').SyncRunView} Run */

/**
 * The latest runs, each with how it went and what it changed, and behind its time all that is known of it.
 *
 * @param {import('../routing/router.js').ViewContext} context
 */
export function syncHistoryView({ fleet, signal }) {
  const { begun, why, result, took, changes } = SYNC.columns;
  const table = cardTable(SYNC.history, [begun, result, why, took, changes], null, { isBrief: true });
  const none = h('p', { class: 'quiet' });
  watchAll(
    [fleet.syncHistory, fleet.syncHistoryProblem, fleet.sync],
    () => {
      const runs = fleet.syncHistory.get();
      setText(none, noRunsMessage(fleet.syncHistoryProblem.get(), fleet.sync.get()));
      table.element.hidden = runs.length === 0;
      none.hidden = runs.length > 0;
      refill(
        table.body,
        runs.map(({ runId }) => runId),
        () => runs.map(runRow),
      );
    },
    signal,
  );
  onTick((nowMs) => tickMoments(table.body, nowMs), signal);
  return h('section', { class: 'stack' }, h('h2', {}, SYNC.history), none, table.element);
}

/** @param {Run} run */
function runRow(run) {
  const { runId, startTime, duration, error } = run;
  const { columns } = SYNC;
  const { text, tone } = resultOf(run);
  const open = h(
    'button',
    { class: 'link numeric', type: 'button', on: { click: () => openRun(run) } },
    moment(startTime),
    h('span', { class: 'visually-hidden' }, `, ${SYNC.details}`),
  );
  return cardRow(
    { run: runId },
    cardCell(columns.begun, open),
    cardCell(
      columns.result,
      h('span', { class: 'badge', data: { tone } }, text),
      error === undefined ? null : cellNote(error),
    ),
    cardCell(columns.why, whoBegan(run)),
    cardCell(columns.took, h('span', { class: 'numeric' }, formatDuration(duration))),
    cardCell(columns.changes, h('span', { class: 'numeric' }, changesText(run.changes))),
  );
}

/** @param {Run} run */
function openRun(run) {
  const { startTime, endTime, duration, error, novitaInstances, resourceStatus } = run;
  const { text, tone } = resultOf(run);
  const { result, begun, ended, took, why, atNovita, changes } = SYNC.facts;
  const resources = resourceList();
  resources.draw(resourceStatus);
  openDialog({
    title: SYNC.run(clockTime(startTime)),
    shape: 'panel',
    body: [
      error === undefined ? null : h('p', { class: 'banner', data: { tone: 'bad' } }, apiText(error)),
      facts([
        [result, h('span', { class: 'badge', data: { tone } }, text)],
        [begun, clockTime(startTime)],
        [ended, clockTime(endTime)],
        [took, formatDuration(duration)],
        [why, whoBegan(run)],
        [atNovita, novitaInstances === undefined ? '' : formatCount(novitaInstances)],
        [changes, changesText(run.changes)],
      ]),
      h('h3', {}, SYNC.read),
      resources.element,
    ],
  });
}
