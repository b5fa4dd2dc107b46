/**
 * The statuses of instances as the page names and colours them.
 */

import { h } from '../ui/dom.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
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

/**
 * How far an instance is within its status, such as `pulling` or `2/3 ports`; empty when there is nothing to add.
 *
 * @param {Pick<Instance, 'status' | 'novitaStatus' | 'probes' | 'portMappings'>} instance
 */
export function stepLabel({ status, novitaStatus, probes = [], portMappings }) {
  if (status === 'health_checking') {
    const total = Math.max(probes.length, portMappings.filter(({ type }) => type === 'http').length);
    return total === 0 ? '' : `${probes.filter(({ ok }) => ok).length}/${total} ports`;
  }
  const isOnItsWay = ['creating', 'created', 'starting', 'stopping', 'restarting', 'deleting'].includes(status);
  return isOnItsWay && novitaStatus !== undefined && novitaStatus.toLowerCase() !== status ? novitaStatus : '';
}

/** Status and step in one, such as `Probing 2/3 ports`. @param {Parameters<typeof stepLabel>[0]} instance */
export function statusLine(instance) {
  const text = statusLabel(instance.status);
  const step = stepLabel(instance);
  if (step === '') return text;
  return instance.status === 'health_checking' ? `${text} ${step}` : `${text} · ${step}`;
}

/** @param {import('../net/api-types.js').InstanceStatus} status */
export function statusBadge(status) {
  return h('span', { class: 'badge', data: { tone: statusTone(status) } }, statusLabel(status));
}
