import { formatCount, sumPerHour, totalMessage, usd, usdPerHour } from '../ui/format.js';
import { ORPHANS } from './words.js';

/**
 * What the orphans cost, and which of them a command goes to.
 *
 * @typedef {import('../net/api-types.js').OrphanPageView} OrphanPage
 * @typedef {import('../net/api-types.js').OrphanView} Orphan
 */

const HOURS_PER_DAY = 24;

/**
 * How many there are, and below it what they cost.
 *
 * @param {Pick<OrphanPage, 'total' | 'allUsdPerHour' | 'unknown'> | null} page null before it was read
 * @returns {{readonly text: string | null, readonly note: string}} text null when it is not known
 */
export function orphanFigure(page) {
  if (page === null || page.total === null) return { text: null, note: '' };
  const { total, allUsdPerHour: sum } = page;
  if (total === 0 || sum === null) return { text: formatCount(total), note: '' };
  return { text: formatCount(total), note: ORPHANS.cost(usdPerHour(sum), usd(sum * HOURS_PER_DAY)) };
}

/**
 * What the selected ones cost, by their prices: what is stopped costs less, as far as anybody knows.
 *
 * @param {readonly Orphan[]} orphans
 */
export function selectedSum(orphans) {
  return totalMessage(sumPerHour(orphans));
}

/**
 * Whom a command goes to: the selected ones; without any, all of them. Those that are shown go by their ids; when there
 * are more, by the filter that finds them, which also finds those that are ignored and so serves only while none is.
 *
 * @param {object} choice
 * @param {readonly Orphan[]} choice.orphans that are shown
 * @param {ReadonlySet<string>} choice.selected ids
 * @param {number} choice.total of all, shown or not
 * @param {number | null} choice.ignored null when that is not known
 * @returns {{readonly target: import('../fleet/context.js').BulkTarget, readonly count: number, readonly isAll: boolean}}
 */
export function commandTarget({ orphans, selected, total, ignored }) {
  const chosen = orphans.filter(({ id }) => selected.has(id));
  if (chosen.length > 0) return { target: idsOf(chosen), count: chosen.length, isAll: false };
  if (total > orphans.length && ignored === 0) {
    return { target: { filter: { origin: 'discovered' } }, count: total, isAll: true };
  }
  return { target: idsOf(orphans), count: orphans.length, isAll: total <= orphans.length };
}

/** @param {readonly Orphan[]} orphans */
function idsOf(orphans) {
  return { ids: orphans.map(({ id }) => id) };
}
