/**
 * The statuses of instances as the page names and colours them.
 */

/**
 * @typedef {import('../net/api-types.js').InstanceStatus} InstanceStatus
 * @typedef {'ok' | 'busy' | 'warn' | 'bad' | 'idle'} Tone
 */

/** @type {Readonly<Record<InstanceStatus, {readonly text: string, readonly tone: Tone}>>} */
const STATUSES = {
  creating: { text: 'Creating', tone: 'busy' },
  created: { text: 'Created', tone: 'busy' },
  starting: { text: 'Starting', tone: 'busy' },
  running: { text: 'Running', tone: 'busy' },
  health_checking: { text: 'Probing', tone: 'busy' },
  ready: { text: 'Ready', tone: 'ok' },
  stopping: { text: 'Stopping', tone: 'warn' },
  stopped: { text: 'Stopped', tone: 'idle' },
  restarting: { text: 'Restarting', tone: 'busy' },
  migrating: { text: 'Migrating', tone: 'warn' },
  deleting: { text: 'Deleting', tone: 'warn' },
  terminated: { text: 'Terminated', tone: 'idle' },
  failed: { text: 'Failed', tone: 'bad' },
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
