import type { BillingMode, ProductCandidate } from '@app/instance-store';
import type { NovitaCluster, NovitaGpuProduct } from '@app/novita-client';
import { candidateOf, compareOffers, holds, offersOf, rootfsRange, usdPerGpuHour } from '../catalogue/offers.js';

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
  /** For all GPUs together; null: whatever it costs. */
  readonly maxUsdPerHour: number | null;
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
  | { readonly kind: 'out-of-stock' }
  | { readonly kind: 'too-dear'; readonly cheapestUsdPerHour: number };

/** Answers of the API round prices to millionths of a dollar, and one of them may come back as the most. */
const ROUNDING_USD = 1e-6;

const DEFAULT_ROOTFS_GB = 60;
/** Beyond these the fleet is out of stock for all that matters, and each try costs a search and a create. */
const MAX_FALLBACKS = 10;

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

  const places = fitting.flatMap((product) => offersOf(product, clusters, query.billingMode));
  const allowed = places.filter(({ cluster }) => query.onlyClusterId === null || cluster?.id === query.onlyClusterId);
  if (allowed.length === 0) return { kind: 'not-in-cluster' };

  const ranked = allowed
    .filter(({ product }) => product.availableDeploy)
    .sort((one, other) => compareOffers(one, other, query.preferred?.id ?? null));
  if (ranked.length === 0) return { kind: 'out-of-stock' };
  const most = (query.maxUsdPerHour ?? Number.POSITIVE_INFINITY) + ROUNDING_USD;
  const [best, ...others] = ranked.filter(({ usdPerHour }) => usdPerHour * query.gpuNum <= most);
  if (best === undefined) {
    return {
      kind: 'too-dear',
      cheapestUsdPerHour: Math.min(...ranked.map(({ usdPerHour }) => usdPerHour)) * query.gpuNum,
    };
  }

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

function fitted(rootfsGb: number, product: NovitaGpuProduct): number {
  const { min, max } = rootfsRange(product);
  return Math.min(Math.max(rootfsGb, min), max);
}
