import { countWords } from '../format/count.js';
/** The kinds of resources, in the order in which the API tells them. */
export const SYNC_KINDS = [
  'instances',
  'gpu-products',
  'cpu-products',
  'clusters',
  'templates',
  'registry-auths',
  'network-storages',
  'jobs',
  'endpoints',
];

/**
 * @param {object} form
 * @param {boolean} form.dryRun
 * @param {boolean} form.forceSync
 * @param {boolean} form.handleObsoleteInstances
 * @param {readonly string[]} form.resources none means all
 */
export function syncBody({ resources, ...flags }) {
  const isAll = resources.length === 0 || resources.length === SYNC_KINDS.length;
  return { ...flags, ...(isAll ? {} : { resources }) };
}

/**
 * What a sync did, as names and figures; what it did not touch is left out.
 *
 * @param {import('../http/action-types.js').SyncResult} result
 * @returns {readonly (readonly [string, string])[]}
 */
export function syncFigures(result) {
  /** @type {readonly (readonly [string, number | undefined])[]} */
  const figures = [
    ['At Novita', result.novitaInstances],
    ['Records before', result.beforeSync],
    ['Records after', result.afterSync],
    ['Updated', result.updated],
    ['Added', result.created],
    ['Adopted', result.adopted],
    ['Marked as terminated', result.markedTerminated],
    ['Removed', result.instancesRemoved],
    ['Missing, left alone', result.leftMissing],
  ];
  return figures
    .filter(([name, count]) => count !== undefined && (count > 0 || name.startsWith('Records') || name === 'At Novita'))
    .map(([name, count]) => [name, countWords(Number(count))]);
}
