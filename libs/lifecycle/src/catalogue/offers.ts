import type { BillingMode, ProductCandidate } from '@app/instance-store';
import { type NovitaCluster, type NovitaGpuProduct, oneMonthUsdPerGpuHour } from '@app/novita-client';
import { isSameRegion } from './region.js';

/*
 * The offers in the provider's catalogue: which product stands in which place, at what price. Creates choose by them, and
 * so does the purchase that takes the place of a migration.
 */

/** GB of root disk that the provider takes at all. */
export const ROOTFS_GB = { min: 10, max: 6144 } as const;

/** A product in one place. */
export interface Offer {
  readonly product: NovitaGpuProduct;
  /** Null when the provider chooses the place. */
  readonly cluster: NovitaCluster | null;
  /** For one GPU, in the wanted billing mode. */
  readonly usdPerHour: number;
}

/** @returns USD per GPU and hour, or null when there is no such offer */
export function usdPerGpuHour(product: NovitaGpuProduct, billingMode: BillingMode): number | null {
  if (product.billingModes.length > 0 && !product.billingModes.includes(billingMode)) return null;
  switch (billingMode) {
    case 'onDemand':
      return product.onDemandUsdPerHour;
    case 'spot':
      return product.spotUsdPerHour;
    case 'monthly':
      return oneMonthUsdPerGpuHour(product);
  }
}

/** One offer for each place in which the product stands. */
export function offersOf(
  product: NovitaGpuProduct,
  clusters: readonly NovitaCluster[],
  billingMode: BillingMode,
): readonly Offer[] {
  const usdPerHour = usdPerGpuHour(product, billingMode);
  if (usdPerHour === null) return [];
  return placesOf(product, clusters).map((cluster) => ({ product, cluster, usdPerHour }));
}

/** Where a product stands; no region named means all of them. Null is a place that the provider chooses. */
export function placesOf(
  product: NovitaGpuProduct,
  clusters: readonly NovitaCluster[],
): readonly (NovitaCluster | null)[] {
  const places =
    product.regions.length === 0
      ? clusters
      : clusters.filter((cluster) => product.regions.some((region) => isSamePlace(cluster, region)));
  if (places.length > 0) return places;
  // The provider knows the product but not its place: it chooses one itself.
  return product.regions.length === 0 ? [null] : [];
}

function isSamePlace({ id, name }: NovitaCluster, region: string): boolean {
  return id === region || isSameRegion(name, region);
}

/** Offers of the preferred place first, then the cheaper ones; equal ones in an order of their own. */
export function compareOffers(one: Offer, other: Offer, preferredClusterId: string | null): number {
  const [near, otherNear] = [one, other].map(
    ({ cluster }) => preferredClusterId !== null && cluster?.id === preferredClusterId,
  );
  if (near !== otherNear) return near === true ? -1 : 1;
  if (one.usdPerHour !== other.usdPerHour) return one.usdPerHour - other.usdPerHour;
  return keyOf(one) < keyOf(other) ? -1 : 1;
}

function keyOf({ product, cluster }: Offer): string {
  return `${cluster?.name ?? ''} ${product.id}`;
}

/** The offer as a spec names it. @param gpuNum the price is for all of them */
export function candidateOf({ product, cluster, usdPerHour }: Offer, gpuNum: number): ProductCandidate {
  return {
    productId: product.id,
    productName: product.name,
    clusterId: cluster?.id ?? null,
    region: cluster?.name ?? null,
    usdPerHour: usdPerHour * gpuNum,
  };
}

/** The sizes of root disk that the product takes, in GB. */
export function rootfsRange({ minRootfs, maxRootfs }: NovitaGpuProduct): {
  readonly min: number;
  readonly max: number;
} {
  return {
    min: Math.max(ROOTFS_GB.min, minRootfs ?? 0),
    max: Math.min(ROOTFS_GB.max, maxRootfs ?? ROOTFS_GB.max),
  };
}

/** Whether the product takes a root disk of this size. */
export function holds(product: NovitaGpuProduct, rootfsGb: number): boolean {
  const { min, max } = rootfsRange(product);
  return rootfsGb >= min && rootfsGb <= max;
}
