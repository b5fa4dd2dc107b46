/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 * @typedef {'start' | 'stop' | 'restart' | 'delete' | 'lease' | 'autoStop' | 'adopt'} Command
 */

/** @type {ReadonlySet<Command>} */
const NONE = new Set();
/** @type {ReadonlySet<Command>} */
const ADOPT = new Set(/** @type {const} */ (['adopt']));

/**
 * What can be asked of an instance as it stands, by the rules of the API. This only spares useless buttons: the API
 * decides again, and by what it knows then.
 *
 * @param {Instance} instance
 * @returns {ReadonlySet<Command>}
 */
export function commandsFor(instance) {
  if (isLeaving(instance)) return NONE;
  if (instance.origin === 'discovered') return instance.novitaInstanceId === undefined ? NONE : ADOPT;
  const isMigrating = instance.status === 'migrating';
  /** @type {Set<Command>} */
  const commands = new Set(['autoStop']);
  if (!isMigrating) {
    if (instance.desired !== 'running') commands.add('start');
    if (instance.desired !== 'stopped') commands.add('stop');
    if (['running', 'health_checking', 'ready'].includes(instance.status)) commands.add('restart');
    commands.add('delete');
  }
  if (instance.desired === 'running' || instance.autoStop.lease !== undefined) commands.add('lease');
  return commands;
}

/**
 * Why a command does not fit an instance, to be read after its name.
 *
 * @param {'start' | 'stop' | 'restart' | 'delete'} command
 * @param {Instance} instance
 */
export function whyNot(command, instance) {
  if (instance.status === 'terminated') return 'it is gone already';
  if (isLeaving(instance)) return 'it is being deleted';
  if (instance.origin === 'discovered') return 'it was made elsewhere; adopt it first';
  if (instance.status === 'migrating') return 'it is being migrated';
  if (command === 'start') return 'it is started or starting already';
  if (command === 'stop') return 'it is stopped or stopping already';
  return 'it does not run';
}

/** @param {Instance} instance */
function isLeaving({ status, desired }) {
  return status === 'terminated' || status === 'deleting' || desired === 'deleted';
}
