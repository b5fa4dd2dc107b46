/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 * @typedef {import('../http/api-types.js').InstanceStatus} InstanceStatus
 * @typedef {'ok' | 'busy' | 'warn' | 'bad' | 'idle'} Tone
 */

/** @type {Readonly<Record<InstanceStatus, {readonly words: string, readonly tone: Tone}>>} */
const STATUSES = {
  creating: { words: 'Creating', tone: 'busy' },
  created: { words: 'Created', tone: 'busy' },
  starting: { words: 'Starting', tone: 'busy' },
  running: { words: 'Running', tone: 'busy' },
  health_checking: { words: 'Probing', tone: 'busy' },
  ready: { words: 'Ready', tone: 'ok' },
  stopping: { words: 'Stopping', tone: 'warn' },
  stopped: { words: 'Stopped', tone: 'idle' },
  restarting: { words: 'Restarting', tone: 'busy' },
  migrating: { words: 'Migrating', tone: 'warn' },
  deleting: { words: 'Deleting', tone: 'warn' },
  terminated: { words: 'Terminated', tone: 'idle' },
  failed: { words: 'Failed', tone: 'bad' },
};

export const INSTANCE_STATUSES = /** @type {readonly InstanceStatus[]} */ (Object.keys(STATUSES));

/** @param {InstanceStatus} status */
export function statusWords(status) {
  return STATUSES[status].words;
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
export function stepWords({ status, novitaStatus, probes = [], portMappings }) {
  if (status === 'health_checking') {
    const total = Math.max(probes.length, portMappings.filter(({ type }) => type === 'http').length);
    return total === 0 ? '' : `${probes.filter(({ ok }) => ok).length}/${total} ports`;
  }
  const isOnItsWay = ['creating', 'created', 'starting', 'stopping', 'restarting', 'deleting'].includes(status);
  return isOnItsWay && novitaStatus !== undefined && novitaStatus.toLowerCase() !== status ? novitaStatus : '';
}

/** Status and step in one, such as `Probing 2/3 ports`. @param {Parameters<typeof stepWords>[0]} instance */
export function statusLine(instance) {
  const words = statusWords(instance.status);
  const step = stepWords(instance);
  if (step === '') return words;
  return instance.status === 'health_checking' ? `${words} ${step}` : `${words} · ${step}`;
}
