import { LIMITS } from '../net/api-limits.js';

/**
 * @typedef {import('../net/api-types.js').GpuProductView} Product
 * @typedef {import('../net/api-types.js').ClusterView} Cluster
 * @typedef {import('../net/api-types.js').Instance['billingMode']} BillingMode
 *
 * @typedef {object} Catalogue what can be rented at present, and from what an instance can be made
 * @property {readonly Product[]} products
 * @property {readonly Cluster[]} clusters
 * @property {readonly import('../net/api-types.js').TemplateView[]} templates
 * @property {string} defaultRegion where a create without a region looks first
 * @property {string} asOf of the products
 *
 * @typedef {object} OfferRequest what a create asks for
 * @property {string} productName
 * @property {string} productId empty: the cheapest of that name
 * @property {string} region where to look first: the name of a region, or `any`
 * @property {BillingMode} billingMode
 * @property {number} gpuNum
 * @property {number | null} rootfsSize GB; null as nobody said
 *
 * @typedef {object} GpuChoice products of one name
 * @property {string} name
 * @property {readonly Product[]} products cheapest first
 * @property {number | null} fromUsd per hour for all GPUs, of the cheapest that can be had; null when there is none
 * @property {'' | 'out-of-stock' | 'not-offered'} rejection why it cannot be chosen; empty when it can
 *
 * @typedef {{kind: 'none', reason: string}
 *   | {kind: 'price', usdPerHour: number, place: string, missingIn: string, cheaper: Place | null}} Expected what a create
 *   would cost per hour, and in which region; `missingIn` is the wanted region when that has none, else empty
 *
 * @typedef {object} Place
 * @property {string} name of a region; bulk, when they cost the same
 * @property {number} usdPerHour
 */

/** The name that the service takes for any region. */
export const ANY_REGION = 'any';

/** As the service counts it. */
const HOURS_PER_MONTH = 730;

const { minimum: LEAST_DISK_GB, maximum: MOST_DISK_GB } = LIMITS.create.rootfsSize;
/** The size of a disk when a create names none. */
export const USUAL_DISK_GB = 60;

/**
 * @param {Product} product
 * @param {BillingMode} billingMode
 * @returns {number | null} USD per GPU and hour; null when it is not offered so
 */
export function usdPerGpuHour({ billingModes, pricePerHour }, billingMode) {
  if (billingModes.length > 0 && !billingModes.includes(billingMode)) return null;
  if (billingMode !== 'monthly') return pricePerHour[billingMode] ?? null;
  // One month is what is bought; longer terms cost less per month.
  const month = pricePerHour.monthly.find(({ months }) => months === 1);
  return month === undefined ? null : month.usd / HOURS_PER_MONTH;
}

/**
 * The choices by name: those that can be had, cheapest first, then those that cannot at present.
 *
 * @param {readonly Product[]} products
 * @param {BillingMode} billingMode
 * @param {number} gpuNum
 * @returns {readonly GpuChoice[]}
 */
export function gpuChoices(products, billingMode, gpuNum) {
  const choices = [...Map.groupBy(products, ({ name }) => name)].map(([name, same]) => {
    const offered = same.filter((product) => usdPerGpuHour(product, billingMode) !== null);
    const stocked = offered.filter(({ inStock }) => inStock);
    const prices = (stocked.length > 0 ? stocked : offered).map((product) => priceOf(product, billingMode, gpuNum));
    return {
      name,
      products: same.toSorted((a, b) => priceOf(a, billingMode, 1) - priceOf(b, billingMode, 1)),
      fromUsd: prices.length === 0 ? null : Math.min(...prices),
      rejection: rejectionOf(offered.length, stocked.length),
    };
  });
  return choices.toSorted(
    (a, b) =>
      Number(a.rejection !== '') - Number(b.rejection !== '') || (a.fromUsd ?? Infinity) - (b.fromUsd ?? Infinity),
  );
}

/**
 * @param {number} offered
 * @param {number} stocked
 * @returns {GpuChoice['rejection']}
 */
function rejectionOf(offered, stocked) {
  if (offered === 0) return 'not-offered';
  return stocked === 0 ? 'out-of-stock' : '';
}

/**
 * The regions in which a request can be met at present, with the price there; cheapest first.
 *
 * @param {readonly Product[]} products
 * @param {readonly Cluster[]} clusters
 * @param {OfferRequest} request
 * @returns {readonly Place[]}
 */
export function offeredRegions(products, clusters, request) {
  const candidates = stockedFor(products, request);
  return clusters
    .flatMap(({ name }) => {
      const prices = candidates
        .filter((product) => isOfferedIn(product, name))
        .map((product) => price(product, request));
      return prices.length === 0 ? [] : [{ name, usdPerHour: Math.min(...prices) }];
    })
    .toSorted((a, b) => a.usdPerHour - b.usdPerHour || (a.name < b.name ? -1 : 1));
}

/**
 * The price of a create by the rule of the service: the cheapest in the wanted region, else the cheapest elsewhere.
 *
 * @param {readonly Product[]} products
 * @param {OfferRequest} request
 * @returns {Expected}
 */
export function expectedPrice(products, request) {
  if (request.productName === '') return { kind: 'none', reason: 'Choose a GPU to see the price.' };
  const known = wantedOf(products, request);
  if (known.every((product) => usdPerGpuHour(product, request.billingMode) === null)) {
    return { kind: 'none', reason: `${request.productName} is not offered in this billing mode.` };
  }
  const candidates = stockedFor(products, request);
  if (candidates.length === 0) {
    const isTooLarge = stockedFor(products, { ...request, rootfsSize: null }).length > 0;
    return {
      kind: 'none',
      reason: isTooLarge ? 'No such machine has a disk of this size.' : 'Out of stock at present.',
    };
  }
  const best = cheapestOf(candidates, request);
  if (request.region === ANY_REGION) return { kind: 'price', ...best, missingIn: '', cheaper: null };
  const near = candidates.filter((product) => isOfferedIn(product, request.region));
  if (near.length === 0) return { kind: 'price', ...best, missingIn: request.region, cheaper: null };
  const { usdPerHour } = cheapestOf(near, request);
  const cheaper = best.usdPerHour < usdPerHour ? { name: best.place, usdPerHour: best.usdPerHour } : null;
  return { kind: 'price', usdPerHour, place: request.region, missingIn: '', cheaper };
}

/**
 * How large the disk may be with what is chosen, GB.
 *
 * @param {readonly Product[]} products
 * @param {Pick<OfferRequest, 'productName' | 'productId'>} request
 */
export function diskRange(products, request) {
  const known = wantedOf(products, request);
  if (known.length === 0) return { min: LEAST_DISK_GB, max: MOST_DISK_GB };
  const ranges = known.map(rangeOf);
  return { min: Math.min(...ranges.map(({ min }) => min)), max: Math.max(...ranges.map(({ max }) => max)) };
}

/**
 * @param {readonly Product[]} products
 * @param {Pick<OfferRequest, 'productName' | 'productId'>} request
 */
function wantedOf(products, { productName, productId }) {
  return products.filter(({ id, name }) => name === productName && (productId === '' || id === productId));
}

/**
 * @param {readonly Product[]} products
 * @param {OfferRequest} request
 */
function stockedFor(products, request) {
  return wantedOf(products, request).filter((product) => {
    const { min, max } = rangeOf(product);
    const fits = request.rootfsSize === null || (request.rootfsSize >= min && request.rootfsSize <= max);
    return product.inStock && fits && usdPerGpuHour(product, request.billingMode) !== null;
  });
}

/** @param {Product} product */
function rangeOf({ minRootfs = LEAST_DISK_GB, maxRootfs = MOST_DISK_GB }) {
  return { min: Math.max(LEAST_DISK_GB, minRootfs), max: Math.min(MOST_DISK_GB, maxRootfs) };
}

/**
 * @param {readonly Product[]} products at least one
 * @param {OfferRequest} request
 * @returns {{usdPerHour: number, place: string}}
 */
function cheapestOf(products, request) {
  const usdPerHour = Math.min(...products.map((product) => price(product, request)));
  const taken = products.filter((product) => price(product, request) === usdPerHour);
  const places = taken.some(({ regions }) => regions.length === 0) ? [] : taken.flatMap(({ regions }) => regions);
  return { usdPerHour, place: [...new Set(places)].join(' or ') || 'every region' };
}

/**
 * @param {Product} product
 * @param {OfferRequest} request
 */
function price(product, { billingMode, gpuNum }) {
  return priceOf(product, billingMode, gpuNum);
}

/**
 * @param {Product} product
 * @param {BillingMode} billingMode
 * @param {number} gpuNum
 */
export function priceOf(product, billingMode, gpuNum) {
  return (usdPerGpuHour(product, billingMode) ?? Infinity) * gpuNum;
}

/** Novita adds a place to some names: `US-01 (Dallas)` is the region `US-01`.
 * @param {Product} product
 * @param {string} region
 */
function isOfferedIn({ regions }, region) {
  return regions.length === 0 || regions.some((known) => shortName(known) === shortName(region));
}

/** @param {string} region */
function shortName(region) {
  return region.replace(/\s*\(.*\)\s*$/, '').trim();
}
