import type { InstanceRecord, ProductCandidate } from '@app/instance-store';
import type { NovitaCluster, NovitaGpuProduct } from '@app/novita-client';
import { candidateOf, compareOffers, holds, type Offer, offersOf, usdPerGpuHour } from './offers.js';
import { isAtLeastAsGood } from './same-or-better.js';

/*
 * Which product takes the place of one that the provider has no machine of, for an instance that it has reclaimed.
 */

/** What can be rented now. */
export interface Offers {
  readonly products: readonly NovitaGpuProduct[];
  readonly clusters: readonly NovitaCluster[];
}

/** What the replacement must fit. */
export interface ReplacementQuery extends Pick<InstanceRecord, 'spec'> {
  /** USD per hour that the instance was to cost when it was created; null when that is not known. */
  readonly agreedUsdPerHour: number | null;
  /** By so much the replacement may cost more than that, in percent. */
  readonly maxPriceIncreasePercent: number;
  /** Offers that the provider has refused since, by `offerKey`. */
  readonly refused: readonly string[];
}

export type Replacement =
  | {
      readonly kind: 'chosen';
      readonly candidate: ProductCandidate;
      /** What the cap on the price counted from. */
      readonly agreedUsdPerHour: number;
    }
  /** In words, to follow "because". */
  | { readonly kind: 'none'; readonly reason: string };

/** The provider's prices have five decimals; a cap that is met exactly is met. */
const PRICE_TOLERANCE = 0.000_005;

/** Names an offer among those that were refused. */
export function offerKey({ productId, clusterId }: Pick<ProductCandidate, 'productId' | 'clusterId'>): string {
  return `${productId}@${clusterId ?? ''}`;
}

/**
 * The best offer that is at least as good as the present product, in the same billing mode, with as many GPUs, and within
 * the cap on the price: in the present region if there is one, else the cheapest. Network storages lie in one place, so
 * an instance that has some stays there.
 */
export function chooseReplacement(offers: Offers, query: ReplacementQuery): Replacement {
  const { spec, refused } = query;
  const present = offers.products.find(({ id }) => id === spec.productId);
  if (present === undefined)
    return none(`Novita does not list ${spec.productName} any more, so nothing compares to it`);
  const unit = query.agreedUsdPerHour === null ? usdPerGpuHour(present, spec.billingMode) : null;
  const agreed = query.agreedUsdPerHour ?? (unit === null ? null : unit * spec.gpuNum);
  if (agreed === null) return none(`the price of ${spec.productName} is not known`);
  if (spec.networkStorages.length > 0 && spec.clusterId === null) {
    return none('it is not known where its network storages lie');
  }

  const good = offers.products.filter(
    (product) => product.availableDeploy && holds(product, spec.rootfsSize) && isAtLeastAsGood(product, present),
  );
  const allowed = good
    .flatMap((product) => offersOf(product, offers.clusters, spec.billingMode))
    .filter((offer) => isPlaceAllowed(offer, spec) && !refused.includes(offerKey(candidateOf(offer, spec.gpuNum))));
  if (allowed.length === 0) {
    const place = spec.networkStorages.length > 0 ? ' in the place of its network storages' : '';
    return none(`no product that is at least as good is in stock${place}`);
  }

  const cap = agreed * (1 + query.maxPriceIncreasePercent / 100);
  const [best] = allowed
    .filter(({ usdPerHour }) => usdPerHour * spec.gpuNum <= cap + PRICE_TOLERANCE)
    .sort((one, other) => compareOffers(one, other, spec.clusterId));
  if (best !== undefined) {
    return { kind: 'chosen', candidate: candidateOf(best, spec.gpuNum), agreedUsdPerHour: agreed };
  }
  const cheapest = Math.min(...allowed.map(({ usdPerHour }) => usdPerHour * spec.gpuNum));
  return none(
    `the cheapest that is at least as good costs $${cheapest.toFixed(2)} an hour, and MIGRATION_MAX_PRICE_INCREASE_PERCENT allows $${cap.toFixed(2)}`,
  );
}

function isPlaceAllowed({ cluster }: Offer, { networkStorages, clusterId }: InstanceRecord['spec']): boolean {
  return networkStorages.length === 0 || cluster?.id === clusterId;
}

function none(reason: string): Replacement {
  return { kind: 'none', reason };
}
