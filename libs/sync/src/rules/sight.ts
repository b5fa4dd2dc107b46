import type { NovitaInstance } from '@app/novita-client';
import type { Timestamp } from '@app/platform';
import type { PriceBook } from '../instances/instance-pass.js';

/** How and when an instance was seen at the provider. */
export interface Sight {
  /** When the look began, not when it ended: what happened since may not be in it. */
  readonly at: Timestamp;
  readonly source: 'list' | 'get';
  readonly prices: PriceBook;
}

/** What the provider says it costs, or else what its product costs; null when neither is known. */
export function usdPerHourOf(item: NovitaInstance, prices: PriceBook): number | null {
  const { productId, productName, gpuNum, billingMode } = item;
  return item.usdPerHour ?? prices.usdPerHour({ productId, productName, gpuNum: gpuNum ?? 1, billingMode });
}
