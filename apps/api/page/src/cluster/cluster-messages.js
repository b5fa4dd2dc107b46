import { formatCount } from '../ui/format.js';
import { CLUSTER } from './words.js';

/**
 * What the view of the cluster says, from what the API answers.
 *
 * @typedef {import('../net/api-types.js').KubernetesSummaryView} Summary
 * @typedef {import('../net/api-types.js').KubernetesKindView} KindSummary
 * @typedef {import('../net/api-types.js').KubernetesNodeView} NodeSummary
 * @typedef {{readonly text: string | null, readonly note: string}} FigureText
 * @typedef {{readonly text: string, readonly tone: string}} State
 */

const PHASES = /** @type {readonly (keyof typeof CLUSTER['phases'])[]} */ (Object.keys(CLUSTER.phases));

/**
 * @param {Summary} summary
 * @returns {Readonly<Record<keyof typeof CLUSTER['figures'], FigureText>>}
 */
export function clusterFigures({ pods, gpus }) {
  const { notRead, nodesDoNotSay, fleetNotListed } = CLUSTER;
  return {
    pods:
      pods === null
        ? { text: null, note: notRead }
        : { text: formatCount(pods.byPhase.Running), note: CLUSTER.ofPods(formatCount(pods.total)) },
    requested:
      gpus === null
        ? { text: null, note: notRead }
        : {
            text: formatCount(gpus.requested),
            note: gpus.unscheduled === 0 ? '' : CLUSTER.waiting(formatCount(gpus.unscheduled)),
          },
    allocatable: counted(gpus?.allocatable ?? null, nodesDoNotSay),
    rented: counted(gpus?.rented ?? null, fleetNotListed),
  };
}

/**
 * @param {number | null} count
 * @param {string} unknown why it is not known
 * @returns {FigureText}
 */
function counted(count, unknown) {
  return count === null ? { text: null, note: unknown } : { text: formatCount(count), note: '' };
}

/** What is to be said below the nodes; empty when all are shown. @param {Summary} summary */
export function restOfNodes({ nodes, totalNodes }) {
  const shown = formatCount(nodes.length);
  if (totalNodes === null) return nodes.length === 0 ? CLUSTER.nodesNotKnown : CLUSTER.partOfUnknown(shown);
  if (totalNodes === 0) return CLUSTER.noNodes;
  return nodes.length === totalNodes ? '' : CLUSTER.part(shown, formatCount(totalNodes));
}

/** That more is asked for than is rented; empty when it is not, or not known. @param {Summary} summary */
export function shortage({ gpus }) {
  if (gpus === null || gpus.rented === null || gpus.requested <= gpus.rented) return '';
  return CLUSTER.short(formatCount(gpus.requested - gpus.rented), formatCount(gpus.rented));
}

/** @param {KindSummary} kind @returns {State} */
export function stateOfKind({ asOf, stale, error }) {
  if (asOf === undefined) return { text: CLUSTER.unread, tone: error === undefined ? 'idle' : 'bad' };
  return stale ? { text: CLUSTER.stale, tone: 'warn' } : { text: CLUSTER.current, tone: 'ok' };
}

/** @param {NodeSummary} node @returns {State} */
export function stateOfNode({ ready }) {
  if (ready === null) return { text: CLUSTER.notMirrored, tone: 'idle' };
  return ready ? { text: CLUSTER.ready, tone: 'ok' } : { text: CLUSTER.notReady, tone: 'bad' };
}

/** `10 running, 1 pending`: phases without a pod are left out. @param {NodeSummary} node */
export function phasesOf({ byPhase }) {
  return PHASES.filter((phase) => byPhase[phase] > 0)
    .map((phase) => `${formatCount(byPhase[phase])} ${CLUSTER.phases[phase]}`)
    .join(', ');
}

/** @param {NodeSummary} node */
export function gpusOf({ requestedGpus, allocatableGpus }) {
  const requested = formatCount(requestedGpus);
  return allocatableGpus === null ? requested : CLUSTER.gpusOfNode(requested, formatCount(allocatableGpus));
}
