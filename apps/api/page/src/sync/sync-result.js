import { sentence } from '../net/problem.js';
import { facts } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { apiText, counted, formatCount, formatDuration } from '../ui/format.js';
import { kindLabel } from './sync-messages.js';
import { SYNC, SYNC_NOW } from './words.js';

/** More would be read by nobody; the API lists up to 10,000. */
const SHOWN = 100;

/**
 * The result of a sync, or the plan of a dry run.
 *
 * @param {{readonly success: boolean, readonly message: string, readonly data: import('../net/api-types.js').SyncResultData}} answer
 */
export function syncResult({ success, message, data }) {
  const { held, unclean, failures, actions, actionCount = 0 } = data;
  return [
    h('h3', {}, SYNC_NOW.result),
    h(
      'p',
      { class: 'banner', data: { tone: success && held === undefined ? 'ok' : 'warn' } },
      (data.joined ? SYNC_NOW.joined : SYNC_NOW.took)(sentence(message), formatDuration(data.duration)),
    ),
    held === undefined
      ? null
      : h(
          'p',
          { class: 'banner', data: { tone: 'warn' } },
          SYNC_NOW.held(apiText(held.reason), counted(held.wouldRemove, SYNC.record)),
        ),
    unclean === undefined ? null : h('p', { class: 'quiet' }, SYNC_NOW.unclean(apiText(unclean))),
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
    h('h3', {}, SYNC_NOW.planOf(counted(Math.max(actionCount, actions.length), SYNC_NOW.action))),
    h(
      'div',
      { class: 'lines', tabIndex: 0, role: 'region', 'aria-label': SYNC_NOW.plan },
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
              h('span', { class: 'badge' }, SYNC_NOW.actions[action] ?? action),
              h('span', { class: 'line-reason quiet' }, apiText(reason)),
            ),
          ),
      ),
      rest > 0 ? h('p', { class: 'quiet' }, SYNC_NOW.andMore(formatCount(rest))) : null,
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
  const names = /** @type {readonly (keyof typeof SYNC_NOW.figures)[]} */ (Object.keys(SYNC_NOW.figures));
  return names.flatMap((name) => {
    const count = result[name];
    const isShown = count !== undefined && (count > 0 || ALWAYS.has(name));
    return isShown ? [/** @type {const} */ ([SYNC_NOW.figures[name], formatCount(count)])] : [];
  });
}

/** Shown also when they are 0. @type {ReadonlySet<string>} */
const ALWAYS = new Set(['novitaInstances', 'beforeSync', 'afterSync']);
