import { isLeased } from './known-instance.js';
import { OBJECTIONS } from './words.js';

/**
 * Why a command does not apply to an instance as it stands, by the rules of the API; to be read after its name. All pure.
 *
 * @typedef {import('../net/api-types.js').Instance} Instance
 */

/** Why an instance is not to be adopted; empty when it can be. @param {Instance} instance */
export function ofAdopt(instance) {
  if (instance.origin !== 'discovered' || isLeaving(instance)) return ofSettings(instance) || OBJECTIONS.managed;
  return instance.novitaInstanceId === undefined ? OBJECTIONS.noId : '';
}

/** @param {import('./known-instance.js').KnownInstance} instance */
export function ofIgnore(instance) {
  return ofAdopt(instance) || (instance.ignoredAt === undefined ? '' : OBJECTIONS.ignored);
}

/** Why nothing of ours is asked of an instance; empty when it is. @param {Instance} instance */
export function ofSettings(instance) {
  if (instance.status === 'terminated') return OBJECTIONS.gone;
  if (isLeaving(instance)) return OBJECTIONS.leaving;
  return instance.origin === 'discovered' ? OBJECTIONS.elsewhere : '';
}

/** As `ofSettings`, for what changes something about the machine. @param {Instance} instance */
export function ofMachine(instance) {
  return ofSettings(instance) || (instance.status === 'migrating' ? OBJECTIONS.migrating : '');
}

/** @param {Instance} instance */
export function ofRestart(instance) {
  const runs = ['running', 'health_checking', 'ready'].includes(instance.status);
  return ofMachine(instance) || (runs ? '' : OBJECTIONS.notRunning);
}

/** @param {Instance} instance */
export function ofEndLease(instance) {
  return ofSettings(instance) || (isLeased(instance, Date.now()) ? '' : OBJECTIONS.notBusy);
}

/** @param {Instance} instance */
function isLeaving({ status, desired }) {
  return status === 'terminated' || status === 'deleting' || desired === 'deleted';
}
