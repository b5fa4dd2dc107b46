import { commandsFor } from './commands-of.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 * @typedef {import('../http/api-types.js').InstanceStatus} InstanceStatus
 * @typedef {import('./commands-of.js').Command | 'explain'} RowAction
 *
 * @typedef {object} RowActions
 * @property {readonly RowAction[]} main at most two, shown as buttons
 * @property {readonly RowAction[]} more the rest, in a menu
 */

/** In this order they stand in a menu. @type {readonly RowAction[]} */
const ALL = ['adopt', 'start', 'stop', 'restart', 'lease', 'autoStop', 'explain', 'delete'];

/** What one most likely wants of an instance that stands so. @type {Readonly<Record<InstanceStatus, readonly RowAction[]>>} */
const FITTING = {
  creating: ['stop'],
  created: ['stop'],
  starting: ['stop'],
  running: ['stop'],
  health_checking: ['stop'],
  ready: ['stop'],
  stopping: ['explain'],
  stopped: ['start'],
  restarting: ['stop'],
  migrating: ['explain'],
  deleting: ['explain'],
  terminated: ['explain'],
  failed: ['start', 'explain'],
};

/** @type {Readonly<Record<RowAction, string>>} */
const LABELS = {
  adopt: 'Adopt…',
  start: 'Start',
  stop: 'Stop',
  restart: 'Restart',
  lease: 'Keep busy for…',
  autoStop: 'Auto-stop settings…',
  explain: 'Why?',
  delete: 'Delete…',
};

/**
 * What a row offers. Without the right to command nothing is left but the explanation.
 *
 * @param {Instance} instance
 * @param {boolean} mayCommand
 * @returns {RowActions}
 */
export function rowActions(instance, mayCommand) {
  const commands = mayCommand ? commandsFor(instance) : new Set();
  const possible = ALL.filter((action) => action === 'explain' || commands.has(action));
  /** @type {readonly RowAction[]} */
  const wanted = instance.origin === 'discovered' ? ['adopt'] : FITTING[instance.status];
  const fitting = wanted.filter((action) => possible.includes(action));
  const rest = possible.filter((action) => !fitting.includes(action));
  // A menu for one thing is a detour.
  return rest.length === 1 && fitting.length < 2
    ? { main: [...fitting, ...rest], more: [] }
    : { main: fitting, more: rest };
}

/** @param {RowAction} action */
export function actionLabel(action) {
  return LABELS[action];
}
