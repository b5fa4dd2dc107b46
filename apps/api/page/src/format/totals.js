import { counted } from '../state/bulk.js';
import { usd, usdPerHour } from './money.js';

const HOURS_PER_DAY = 24;
const STILL_COSTING_WORDS = /** @type {const} */ ([
  ['madeElsewhere', 'made elsewhere and left alone'],
  ['monthly', 'paid by the month, running or not'],
  ['notStopped', 'not to be stopped at present'],
]);

/**
 * `$4.44/h, which is $106.56 a day`, and of how many nobody knows the price.
 *
 * @param {{readonly usd: number, readonly unpriced: number}} sum
 */
export function totalWords({ usd: perHour, unpriced }) {
  const known = `${usdPerHour(perHour)}, which is ${usd(perHour * HOURS_PER_DAY)} a day`;
  if (unpriced === 0) return known;
  const unknown = counted(unpriced, 'instance has no known price', 'instances have no known price');
  return perHour === 0 ? unknown : `${known} (${unknown})`;
}

/**
 * What goes on costing after everything of ours was stopped, and why.
 *
 * @param {import('../http/action-types.js').StillCosting | null} still
 */
export function stillCostingWords(still) {
  if (still === null) return 'What else runs at Novita is not known at present.';
  const { usdPerHour: perHour, instances, unpriced, byReason } = still;
  if (instances === 0) return 'Nothing goes on costing then.';
  const parts = STILL_COSTING_WORDS.flatMap(([reason, words]) => {
    const sum = byReason[reason];
    return sum.instances === 0 ? [] : [`${counted(sum.instances)} ${words} (${usdPerHour(sum.usdPerHour)})`];
  });
  return `What goes on costing: ${totalWords({ usd: perHour, unpriced })}. That is ${parts.join(', ')}.`;
}
