/**
 * The statuses of instances as the page names and colours them.
 */

/**
 * @typedef {import('../net/api-types.js').InstanceStatus} InstanceStatus
 * @typedef {'ok' | 'busy' | 'warn' | 'bad' | 'idle'} Tone
 */

/** @type {Readonly<Record<InstanceStatus, {readonly text: string, readonly tone: Tone, readonly icon: import('../ui/icons.js').IconName}>>} */
const STATUSES = {
  creating: { text: 'Creating', tone: 'busy', icon: 'progress' },
  created: { text: 'Created', tone: 'busy', icon: 'progress' },
  starting: { text: 'Starting', tone: 'busy', icon: 'progress' },
  running: { text: 'Running', tone: 'busy', icon: 'start' },
  health_checking: { text: 'Probing', tone: 'busy', icon: 'progress' },
  ready: { text: 'Ready', tone: 'ok', icon: 'check' },
  stopping: { text: 'Stopping', tone: 'warn', icon: 'progress' },
  stopped: { text: 'Stopped', tone: 'idle', icon: 'pause' },
  restarting: { text: 'Restarting', tone: 'busy', icon: 'progress' },
  migrating: { text: 'Migrating', tone: 'warn', icon: 'progress' },
  deleting: { text: 'Deleting', tone: 'warn', icon: 'progress' },
  terminated: { text: 'Terminated', tone: 'idle', icon: 'dash' },
  failed: { text: 'Failed', tone: 'bad', icon: 'cross' },
};

export const INSTANCE_STATUSES = /** @type {readonly InstanceStatus[]} */ (Object.keys(STATUSES));

/** @param {InstanceStatus} status */
export function statusLabel(status) {
  return STATUSES[status].text;
}

/** @param {InstanceStatus} status @returns {Tone} */
export function statusTone(status) {
  return STATUSES[status].tone;
}

/** @param {InstanceStatus} status */
export function statusIcon(status) {
  return STATUSES[status].icon;
}
