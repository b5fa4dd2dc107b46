import type { BillingMode, ProductCandidate } from '@app/instance-store';
import { type NovitaCluster, type NovitaGpuProduct, oneMonthUsdPerGpuHour } from '@app/novita-client';
import { isSameRegion } from '../catalogue/region.js';
import { CREATE_LIMITS } from './instance-commands.js';

/** What kind of machine is wanted, and where. */
export interface ProductQuery {
  /** Exactly one of the two. */
  readonly product: { readonly name: string } | { readonly id: string };
  /** Tried first; null when any place is as good as any other. */
  readonly preferred: NovitaCluster | null;
  /** The only place that will do, because the storage lies there; null: any. */
  readonly onlyClusterId: string | null;
  readonly billingMode: BillingMode;
  readonly gpuNum: number;
  /** GB; null takes the default, fitted to the product. */
  readonly rootfsSize: number | null;
}

export type Selection =
  | {
      readonly kind: 'selected';
      readonly chosen: ProductCandidate;
      readonly rootfsSize: number;
      /** Where else to try when the provider turns out to have none left; empty when a product id was named. */
      readonly fallbacks: readonly ProductCandidate[];
    }
  | { readonly kind: 'unknown-product' }
  | { readonly kind: 'billing-mode-not-offered'; readonly offered: readonly string[] }
  | { readonly kind: 'rootfs-out-of-range'; readonly minGb: number; readonly maxGb: number }
  | { readonly kind: 'not-in-cluster' }
  | { readonly kind: 'out-of-stock' };

const DEFAULT_ROOTFS_GB = 60;
/** Beyond these the fleet is out of stock for all that matters, and each try costs a search and a create. */
const MAX_FALLBACKS = 10;

interface Offer {
  readonly product: NovitaGpuProduct;
  readonly cluster: NovitaCluster | null;
  readonly usdPerHour: number;
}

/**
 * The cheapest product that is to be had: in the preferred place if there is one, else elsewhere in order of price.
 * Prices are those of the wanted billing mode; what is out of stock or too small is left out.
 */
export function selectProduct(
  products: readonly NovitaGpuProduct[],
  clusters: readonly NovitaCluster[],
  query: ProductQuery,
): Selection {
  const known = wantedOf(products, query);
  if (known.length === 0) return { kind: 'unknown-product' };

  const offered = known.filter((product) => usdPerGpuHour(product, query.billingMode) !== null);
  if (offered.length === 0) {
    return {
      kind: 'billing-mode-not-offered',
      offered: [...new Set(known.flatMap(({ billingModes }) => billingModes))].filter(
        // A product may be let by the month and have no price for a single one.
        (mode) => mode !== query.billingMode,
      ),
    };
  }

  const fitting = offered.filter((product) => query.rootfsSize === null || holds(product, query.rootfsSize));
  if (fitting.length === 0) {
    const ranges = offered.map(rootfsRange);
    return {
      kind: 'rootfs-out-of-range',
      minGb: Math.min(...ranges.map(({ min }) => min)),
      maxGb: Math.max(...ranges.map(({ max }) => max)),
    };
  }

  const places = fitting.flatMap((product) => offersOf(product, clusters, query));
  const allowed = places.filter(({ cluster }) => query.onlyClusterId === null || cluster?.id === query.onlyClusterId);
  if (allowed.length === 0) return { kind: 'not-in-cluster' };

  const ranked = allowed
    .filter(({ product }) => product.availableDeploy)
    .sort((one, other) => compareOffers(one, other, query.preferred));
  const [best, ...others] = ranked;
  if (best === undefined) return { kind: 'out-of-stock' };

  const rootfsSize = query.rootfsSize ?? fitted(DEFAULT_ROOTFS_GB, best.product);
  return {
    kind: 'selected',
    chosen: candidateOf(best, query.gpuNum),
    rootfsSize,
    fallbacks:
      'id' in query.product
        ? []
        : others
            .filter(({ product }) => holds(product, rootfsSize))
            .slice(0, MAX_FALLBACKS)
            .map((offer) => candidateOf(offer, query.gpuNum)),
  };
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

/**
 * Those of exactly this id or name. A name may also be the first words of a longer one, as `RTX 4090` is of
 * `RTX 4090 24GB`, as long as only one product name begins so: a second size must not be bought by chance.
 */
function wantedOf(
  products: readonly NovitaGpuProduct[],
  { product: wanted }: ProductQuery,
): readonly NovitaGpuProduct[] {
  if ('id' in wanted) return products.filter(({ id }) => id === wanted.id);
  const name = comparable(wanted.name);
  const exact = products.filter((product) => comparable(product.name) === name);
  if (exact.length > 0 || name === '') return exact;
  const longer = products.filter((product) => comparable(product.name).startsWith(`${name} `));
  return new Set(longer.map((product) => comparable(product.name))).size === 1 ? longer : [];
}

function comparable(name: string): string {
  return name.trim().replace(/\s+/g, ' ').toLowerCase();
}

/** One offer for each place in which the product stands. */
function offersOf(
  product: NovitaGpuProduct,
  clusters: readonly NovitaCluster[],
  query: ProductQuery,
): readonly Offer[] {
  const usdPerHour = usdPerGpuHour(product, query.billingMode);
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

function compareOffers(one: Offer, other: Offer, preferred: NovitaCluster | null): number {
  const [near, otherNear] = [one, other].map(({ cluster }) => preferred !== null && cluster?.id === preferred.id);
  if (near !== otherNear) return near === true ? -1 : 1;
  if (one.usdPerHour !== other.usdPerHour) return one.usdPerHour - other.usdPerHour;
  return keyOf(one) < keyOf(other) ? -1 : 1;
}

function keyOf({ product, cluster }: Offer): string {
  return `${cluster?.name ?? ''} ${product.id}`;
}

function candidateOf({ product, cluster, usdPerHour }: Offer, gpuNum: number): ProductCandidate {
  return {
    productId: product.id,
    productName: product.name,
    clusterId: cluster?.id ?? null,
    region: cluster?.name ?? null,
    usdPerHour: usdPerHour * gpuNum,
  };
}

function rootfsRange({ minRootfs, maxRootfs }: NovitaGpuProduct): { readonly min: number; readonly max: number } {
  return {
    min: Math.max(CREATE_LIMITS.rootfsGb.min, minRootfs ?? 0),
    max: Math.min(CREATE_LIMITS.rootfsGb.max, maxRootfs ?? CREATE_LIMITS.rootfsGb.max),
  };
}

function holds(product: NovitaGpuProduct, rootfsGb: number): boolean {
  const { min, max } = rootfsRange(product);
  return rootfsGb >= min && rootfsGb <= max;
}

function fitted(rootfsGb: number, product: NovitaGpuProduct): number {
  const { min, max } = rootfsRange(product);
  return Math.min(Math.max(rootfsGb, min), max);
}
