/** @typedef {import('./event-kinds.js').InstanceActivity} InstanceActivity */

/**
 * An event of an instance, the more of them the later.
 *
 * @param {number} number also its second
 * @param {Partial<InstanceActivity>} [change]
 * @returns {InstanceActivity}
 */
export function anEvent(number, change = {}) {
  return {
    id: `${1_000 + number}-0`,
    type: 'instance.ready',
    at: new Date(Date.UTC(2026, 2, 1, 10, 0, number)).toISOString(),
    instanceId: `ins_${number}`,
    revision: number,
    instance: {
      name: `name-${number}`,
      status: 'ready',
      desired: 'running',
      desiredBy: 'user:ci',
      product: { id: 'p', name: 'RTX 4090' },
      gpuNum: 1,
    },
    ...change,
  };
}

/** Events from one number down to another. @param {number} from @param {number} to */
export function eventsDown(from, to) {
  return Array.from({ length: from - to + 1 }, (_, index) => anEvent(from - index));
}
