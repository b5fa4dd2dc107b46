import type { InstanceRecord } from '@app/instance-store';
import { isAnyRegion, isSameRegion } from '@app/lifecycle';
import type { CreateInstanceInput } from './create-instance.dto.js';
import type { CheaperOfferView } from './instance-view.dto.js';

export interface OfferNote {
  readonly message: string;
  readonly cheaperElsewhere?: CheaperOfferView;
}

/**
 * The offer that was chosen for a create, with its price. "The cheapest" is always said with its place,
 * since another region may have it for less.
 *
 * @param record as the create has written it
 * @param defaultRegion where a create without a region searches
 */
export function describeOffer(
  { spec, price }: Pick<InstanceRecord, 'spec' | 'price'>,
  { productId, region, networkStorages = [] }: CreateInstanceInput,
  defaultRegion: string,
): OfferNote {
  const place = spec.region ?? 'a region that Novita chooses';
  const cost = price.usdPerHour === null ? '' : `, at ${usdPerHour(price.usdPerHour)}`;
  if (productId !== undefined) return { message: `${spec.productName} in ${place}${cost}.` };

  // A storage binds the instance to its own region, whichever is wanted.
  const wanted = networkStorages.length > 0 ? null : (region ?? defaultRegion);
  if (wanted !== null && isAnyRegion(wanted)) {
    return { message: `The cheapest ${spec.productName} in stock anywhere is in ${place}${cost}.` };
  }
  const isElsewhere = wanted !== null && spec.region !== null && !isSameRegion(spec.region, wanted);
  const note = isElsewhere ? `None can be had in ${wanted}. ` : '';
  const message = `${note}The cheapest ${spec.productName} in stock in ${place}${cost}.`;
  const cheaper = cheaperElsewhere({ spec, price });
  if (cheaper === null) return { message };
  return {
    message: `${message} ${cheaper.region} has one at ${usdPerHour(cheaper.pricePerHour)}; "region": "any" takes the cheapest.`,
    cheaperElsewhere: cheaper,
  };
}

/** The cheapest of the other regions in which it can be had, if one costs less. */
function cheaperElsewhere({ spec, price }: Pick<InstanceRecord, 'spec' | 'price'>): CheaperOfferView | null {
  let cheapest: CheaperOfferView | null = null;
  for (const { productId, region, usdPerHour: pricePerHour } of spec.fallbacks) {
    if (region === null || region === spec.region || pricePerHour === null) continue;
    const limit = cheapest?.pricePerHour ?? price.usdPerHour;
    if (limit !== null && pricePerHour < limit) cheapest = { productId, region, pricePerHour };
  }
  return cheapest;
}

function usdPerHour(usd: number): string {
  return `$${Number(usd.toFixed(4))} an hour`;
}
