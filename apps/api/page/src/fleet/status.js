/**
 * The statuses of instances as the page names and colours them.
 */

import { STATUS_NAMES } from './words.js';

/**
 * @typedef {import('../net/api-types.js').InstanceStatus} InstanceStatus
 * @typedef {'ok' | 'busy' | 'warn' | 'bad' | 'idle'} Tone
 */

/** @type {Readonly<Record<InstanceStatus, {readonly tone: Tone, readonly icon: import('../ui/icons.js').IconName}>>} */
const STATUSES = {
  creating: { tone: 'busy', icon: 'progress' },
  created: { tone: 'busy', icon: 'progress' },
  starting: { tone: 'busy', icon: 'progress' },
  running: { tone: 'busy', icon: 'start' },
  health_checking: { tone: 'busy', icon: 'progress' },
  ready: { tone: 'ok', icon: 'check' },
  stopping: { tone: 'warn', icon: 'progress' },
  stopped: { tone: 'idle', icon: 'pause' },
  restarting: { tone: 'busy', icon: 'progress' },
  migrating: { tone: 'warn', icon: 'progress' },
  deleting: { tone: 'warn', icon: 'progress' },
  terminated: { tone: 'idle', icon: 'dash' },
  failed: { tone: 'bad', icon: 'cross' },
};

export const INSTANCE_STATUSES = /** @type {readonly InstanceStatus[]} */ (Object.keys(STATUSES));

/** @param {InstanceStatus} status */
export function statusLabel(status) {
  return STATUS_NAMES[status];
}

/** @param {InstanceStatus} status @returns {Tone} */
export function statusTone(status) {
  return STATUSES[status].tone;
}

/** @param {InstanceStatus} status */
export function statusIcon(status) {
  return STATUSES[status].icon;
}
