/** The words of the view of the cluster. */
export const CLUSTER = {
  title: 'Cluster',
  what: 'What runs in the Kubernetes cluster that is mirrored here, and the GPUs that it asks for beside those that are rented.',
  failed: 'The cluster could not be read.',
  figures: {
    pods: 'Pods running',
    requested: 'GPUs asked for',
    allocatable: 'GPUs of the nodes',
    rented: 'GPUs rented',
  },
  /** @param {string} total */
  ofPods: (total) => `of ${total}`,
  /** @param {string} gpus */
  waiting: (gpus) => `${gpus} by pods without a node`,
  notRead: 'not read yet',
  nodesDoNotSay: 'no node says',
  fleetNotListed: 'not listed yet',
  /** @param {string} more @param {string} rented */
  short: (more, rented) => `Pods ask for ${more} GPUs more than the ${rented} that are rented.`,
  kinds: 'What is mirrored',
  nodes: 'Pods by node',
  noNodes: 'No pod stands on a node.',
  nodesNotKnown: 'Which nodes there are is not known.',
  /** @param {string} shown */
  partOfUnknown: (shown) => `${shown} that pods name are shown; how many nodes there are is not known.`,
  columns: { kind: 'Kind', count: 'Count', asOf: 'As of', state: 'State', node: 'Node', pods: 'Pods', gpus: 'GPUs' },
  unread: 'Not read',
  current: 'Current',
  stale: 'Not followed',
  ready: 'Ready',
  notReady: 'Not ready',
  notMirrored: 'Not mirrored',
  /** In the order in which they are shown. @type {Readonly<Record<keyof import('../net/api-types.js').KubernetesPodPhasesView, string>>} */
  phases: { Running: 'running', Pending: 'pending', Failed: 'failed', Unknown: 'unknown', Succeeded: 'done' },
  /** @param {string} requested @param {string} allocatable */
  gpusOfNode: (requested, allocatable) => `${requested} of ${allocatable}`,
  /** @param {string} shown @param {string} total */
  part: (shown, total) => `${shown} of ${total} nodes are shown, those with the most GPUs asked for.`,
};
