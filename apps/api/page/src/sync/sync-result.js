import { sentence } from '../net/problem.js';
import { facts } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { counted, formatCount, formatDuration, withLocalTimes } from '../ui/format.js';
import { kindLabel } from './sync-messages.js';

/** More would be read by nobody; the API lists up to 10,000. */
const SHOWN = 100;

/** @type {Readonly<Record<string, string>>} */
const ACTIONS = {
  update: 'Update',
  create: 'Add',
  adopt: 'Adopt',
  remove: 'Remove',
  'mark-terminated': 'Mark as terminated',
  leave: 'Leave alone',
};

/**
 * The result of a sync, or the plan of a dry run.
 *
 * @param {{readonly success: boolean, readonly message: string, readonly data: import('../net/api-types.js').SyncResultData}} answer
 */
export function syncResult({ success, message, data }) {
  const { held, unclean, failures, actions, actionCount = 0 } = data;
  return [
    h('h3', {}, 'Result'),
    h(
      'p',
      { class: 'banner', data: { tone: success && held === undefined ? 'ok' : 'warn' } },
      `${sentence(message)} It took ${formatDuration(data.duration)}${data.joined ? '; it was the run that was under way' : ''}.`,
    ),
    held === undefined
      ? null
      : h(
          'p',
          { class: 'banner', data: { tone: 'warn' } },
          `Held back: ${withLocalTimes(held.reason)}. ${counted(held.wouldRemove, 'record')} would go. If Novita is right, let the held listing through.`,
        ),
    unclean === undefined
      ? null
      : h('p', { class: 'quiet' }, `The listing proves nothing gone: ${withLocalTimes(unclean)}.`),
    failures.length === 0
      ? null
      : h(
          'ul',
          { class: 'bullets' },
          failures.map(({ resource, error }) => h('li', {}, `${kindLabel(resource)}: ${error}`)),
        ),
    facts(syncFigures(data)),
    actions === undefined || actions.length === 0 ? null : plannedActions(actions, actionCount),
  ];
}

/**
 * @param {NonNullable<import('../net/api-types.js').SyncResultData['actions']>} actions
 * @param {number} actionCount
 */
function plannedActions(actions, actionCount) {
  const rest = Math.max(actionCount, actions.length) - SHOWN;
  return [
    h('h3', {}, `What it would do: ${counted(Math.max(actionCount, actions.length), 'action')}`),
    h(
      'div',
      { class: 'lines', tabIndex: 0, role: 'region', 'aria-label': 'What it would do' },
      h(
        'ul',
        {},
        actions
          .slice(0, SHOWN)
          .map(({ action, name, reason }) =>
            h(
              'li',
              { class: 'line' },
              h('span', { class: 'line-name' }, name),
              h('span', { class: 'badge' }, ACTIONS[action] ?? action),
              h('span', { class: 'line-reason quiet' }, withLocalTimes(reason)),
            ),
          ),
      ),
      rest > 0 ? h('p', { class: 'quiet' }, `… and ${counted(rest, 'more', 'more')}.`) : null,
    ),
  ];
}

/**
 * The result of a sync as names and figures, without those that are 0.
 *
 * @param {import('../net/api-types.js').SyncResultData} result
 * @returns {readonly (readonly [string, string])[]}
 */
export function syncFigures(result) {
  /** @type {readonly (readonly [string, number | undefined])[]} */
  const figures = [
    ['At Novita', result.novitaInstances],
    ['Records before', result.beforeSync],
    ['Records after', result.afterSync],
    ['Updated', result.updated],
    ['Added', result.created],
    ['Adopted', result.adopted],
    ['Marked as terminated', result.markedTerminated],
    ['Removed', result.instancesRemoved],
    ['Missing, left alone', result.leftMissing],
  ];
  return figures
    .filter(([name, count]) => count !== undefined && (count > 0 || name.startsWith('Records') || name === 'At Novita'))
    .map(([name, count]) => [name, formatCount(Number(count))]);
}
