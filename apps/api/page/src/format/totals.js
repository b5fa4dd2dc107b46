import { counted } from '../state/bulk.js';
import { usd, usdPerHour } from './money.js';

const HOURS_PER_DAY = 24;

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
