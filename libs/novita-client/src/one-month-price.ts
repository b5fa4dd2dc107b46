import type { NovitaGpuProduct } from './novita-types.js';

/** A month of billing, as the provider counts it. */
const HOURS_PER_MONTH = 730;

/**
 * An hour's share of one month, in USD per GPU; null when one month is not to be had. The provider also names prices of
 * longer terms, which cost less per month: they are not those of a machine that is bought for one.
 */
export function oneMonthUsdPerGpuHour({ monthly }: Pick<NovitaGpuProduct, 'monthly'>): number | null {
  const offer = monthly.find(({ months }) => months === 1);
  return offer === undefined ? null : offer.usd / HOURS_PER_MONTH;
}
