import type { BillingMode } from '@app/instance-store';
import type { NovitaCluster, NovitaGpuProduct } from '@app/novita-client';
import { placesOf, usdPerGpuHour } from './select-product.js';

/** Why an offer is not to be had. `not-offered-so`: not in the wanted billing mode. */
export type OfferRejection = 'out-of-stock' | 'not-offered-so';

/** A product in one place, for the whole instance. */
export interface GpuOffer {
  /** Null when the provider chooses. */
  readonly region: string | null;
  readonly productId: string;
  readonly usdPerHour: number | null;
  /** Null when it is to be had. */
  readonly rejection: OfferRejection | null;
}

export interface GpuOffers {
  /** Of the product, as a create takes it. */
  readonly name: string;
  /** One for each place: first those that are to be had, cheapest first. */
  readonly offers: readonly GpuOffer[];
}

/**
 * Each GPU with its price in each place, by name: of the products of that name what a create would take there, which is the
 * cheapest that is to be had. Pure.
 */
export function gpuOffers(
  products: readonly NovitaGpuProduct[],
  clusters: readonly NovitaCluster[],
  wanted: { readonly billingMode: BillingMode; readonly gpuNum: number },
): readonly GpuOffers[] {
  const byName = new Map<string, Map<string | null, GpuOffer>>();
  for (const product of products) {
    const byPlace = byName.get(product.name) ?? new Map<string | null, GpuOffer>();
    byName.set(product.name, byPlace);
    for (const cluster of placesOf(product, clusters)) {
      const offer = offerOf(product, cluster, wanted);
      const known = byPlace.get(offer.region);
      if (known === undefined || compareOffers(offer, known) < 0) byPlace.set(offer.region, offer);
    }
  }
  return [...byName]
    .map(([name, byPlace]) => ({ name, offers: [...byPlace.values()].sort(compareOffers) }))
    .filter(({ offers }) => offers.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function offerOf(
  product: NovitaGpuProduct,
  cluster: NovitaCluster | null,
  { billingMode, gpuNum }: { readonly billingMode: BillingMode; readonly gpuNum: number },
): GpuOffer {
  const perGpu = usdPerGpuHour(product, billingMode);
  const rejection = perGpu === null ? 'not-offered-so' : product.availableDeploy ? null : 'out-of-stock';
  return {
    region: cluster?.name ?? null,
    productId: product.id,
    usdPerHour: perGpu === null ? null : perGpu * gpuNum,
    rejection,
  };
}

function compareOffers(one: GpuOffer, other: GpuOffer): number {
  if ((one.rejection === null) !== (other.rejection === null)) return one.rejection === null ? -1 : 1;
  const [price, otherPrice] = [one.usdPerHour ?? Number.MAX_VALUE, other.usdPerHour ?? Number.MAX_VALUE];
  if (price !== otherPrice) return price - otherPrice;
  return `${one.region} ${one.productId}` < `${other.region} ${other.productId}` ? -1 : 1;
}
