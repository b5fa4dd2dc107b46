import { facts } from '../../dom/facts.js';
import { h } from '../../dom/h.js';
import { durationWords } from '../../format/duration.js';
import { withLocalTimes } from '../../format/local-times.js';
import { sentence } from '../../http/problem.js';
import { counted } from '../../state/bulk.js';
import { syncFigures } from '../../state/sync-form.js';

/** More would be read by nobody; the API tells up to 10,000. */
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
 * What a sync did, or with a dry run would do.
 *
 * @param {{readonly success: boolean, readonly message: string, readonly data: import('../../http/action-types.js').SyncResult}} answer
 */
export function syncResult({ success, message, data }) {
  const { held, unclean, failures, actions, actionCount = 0 } = data;
  return [
    h('h3', {}, 'Result'),
    h(
      'p',
      { class: 'banner', data: { tone: success && held === undefined ? 'ok' : 'warn' } },
      `${sentence(message)} It took ${durationWords(data.duration)}${data.joined ? '; it was the run that was under way' : ''}.`,
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
          failures.map(({ resource, error }) => h('li', {}, `${resource}: ${error}`)),
        ),
    facts(syncFigures(data)),
    actions === undefined || actions.length === 0 ? null : plannedActions(actions, actionCount),
  ];
}

/**
 * @param {NonNullable<import('../../http/action-types.js').SyncResult['actions']>} actions
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
