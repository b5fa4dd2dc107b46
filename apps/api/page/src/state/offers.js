/**
 * @typedef {import('../http/action-types.js').Product} Product
 * @typedef {import('../http/action-types.js').Cluster} Cluster
 * @typedef {import('../http/action-types.js').BillingMode} BillingMode
 *
 * @typedef {object} Wish what a create asks for
 * @property {string} productName
 * @property {string} productId empty: the cheapest of that name
 * @property {string} region empty: where the service prefers
 * @property {BillingMode} billingMode
 * @property {number} gpuNum
 * @property {number | null} rootfsSize GB; null as nobody said
 *
 * @typedef {object} GpuChoice products of one name
 * @property {string} name
 * @property {readonly Product[]} products cheapest first
 * @property {number | null} fromUsd per hour for all GPUs, of the cheapest that can be had; null when there is none
 * @property {'' | 'out-of-stock' | 'not-offered'} refusal why it cannot be chosen; empty when it can
 *
 * @typedef {{kind: 'none', reason: string}
 *   | {kind: 'exact', usdPerHour: number, elsewhere: string}
 *   | {kind: 'range', fromUsd: number, toUsd: number}} Expected what a create would cost per hour; `elsewhere` names the
 *   regions in which it would be made because the wanted one has none
 */

/** As the service counts it. */
const HOURS_PER_MONTH = 730;
/** Novita's own limits, GB. */
export const DISK_GB = { min: 10, max: 6144, usual: 60 };

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
 * What can be chosen, by name: first what can be had, cheapest first; then what cannot at present.
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
      refusal: refusalOf(offered.length, stocked.length),
    };
  });
  return choices.toSorted(
    (a, b) => Number(a.refusal !== '') - Number(b.refusal !== '') || (a.fromUsd ?? Infinity) - (b.fromUsd ?? Infinity),
  );
}

/**
 * @param {number} offered
 * @param {number} stocked
 * @returns {GpuChoice['refusal']}
 */
function refusalOf(offered, stocked) {
  if (offered === 0) return 'not-offered';
  return stocked === 0 ? 'out-of-stock' : '';
}

/**
 * The regions in which a wish can be met at present, with the price there; cheapest first.
 *
 * @param {readonly Product[]} products
 * @param {readonly Cluster[]} clusters
 * @param {Wish} wish
 * @returns {readonly {readonly name: string, readonly usdPerHour: number}[]}
 */
export function offeredRegions(products, clusters, wish) {
  const candidates = stockedFor(products, wish);
  return clusters
    .flatMap(({ name }) => {
      const prices = candidates.filter((product) => isOfferedIn(product, name)).map((product) => price(product, wish));
      return prices.length === 0 ? [] : [{ name, usdPerHour: Math.min(...prices) }];
    })
    .toSorted((a, b) => a.usdPerHour - b.usdPerHour || (a.name < b.name ? -1 : 1));
}

/**
 * What a create would cost, by the rule of the service: the cheapest in the wanted region, else the cheapest elsewhere.
 * Which region it prefers by itself this page does not know, so without one the price is a range.
 *
 * @param {readonly Product[]} products
 * @param {Wish} wish
 * @returns {Expected}
 */
export function expectedPrice(products, wish) {
  if (wish.productName === '') return { kind: 'none', reason: 'Choose a GPU to see the price.' };
  const known = wantedOf(products, wish);
  if (known.every((product) => usdPerGpuHour(product, wish.billingMode) === null)) {
    return { kind: 'none', reason: `${wish.productName} is not offered in this billing mode.` };
  }
  const candidates = stockedFor(products, wish);
  if (candidates.length === 0) {
    const isTooLarge = stockedFor(products, { ...wish, rootfsSize: null }).length > 0;
    return {
      kind: 'none',
      reason: isTooLarge ? 'No such machine has a disk of this size.' : 'Out of stock at present.',
    };
  }
  const near = wish.region === '' ? [] : candidates.filter((product) => isOfferedIn(product, wish.region));
  if (near.length > 0) return { kind: 'exact', usdPerHour: cheapest(near, wish), elsewhere: '' };
  const fromUsd = cheapest(candidates, wish);
  if (wish.region !== '') {
    const taken = candidates.filter((product) => price(product, wish) === fromUsd);
    return { kind: 'exact', usdPerHour: fromUsd, elsewhere: taken.flatMap(({ regions }) => regions).join(', ') };
  }
  const toUsd = Math.max(...candidates.map((product) => price(product, wish)));
  return fromUsd === toUsd ? { kind: 'exact', usdPerHour: fromUsd, elsewhere: '' } : { kind: 'range', fromUsd, toUsd };
}

/**
 * How large the disk may be with what is chosen, GB.
 *
 * @param {readonly Product[]} products
 * @param {Pick<Wish, 'productName' | 'productId'>} wish
 */
export function diskRange(products, wish) {
  const known = wantedOf(products, wish);
  if (known.length === 0) return { min: DISK_GB.min, max: DISK_GB.max };
  const ranges = known.map(rangeOf);
  return { min: Math.min(...ranges.map(({ min }) => min)), max: Math.max(...ranges.map(({ max }) => max)) };
}

/**
 * @param {readonly Product[]} products
 * @param {Pick<Wish, 'productName' | 'productId'>} wish
 */
function wantedOf(products, { productName, productId }) {
  return products.filter(({ id, name }) => name === productName && (productId === '' || id === productId));
}

/**
 * @param {readonly Product[]} products
 * @param {Wish} wish
 */
function stockedFor(products, wish) {
  return wantedOf(products, wish).filter((product) => {
    const { min, max } = rangeOf(product);
    const fits = wish.rootfsSize === null || (wish.rootfsSize >= min && wish.rootfsSize <= max);
    return product.inStock && fits && usdPerGpuHour(product, wish.billingMode) !== null;
  });
}

/** @param {Product} product */
function rangeOf({ minRootfs = DISK_GB.min, maxRootfs = DISK_GB.max }) {
  return { min: Math.max(DISK_GB.min, minRootfs), max: Math.min(DISK_GB.max, maxRootfs) };
}

/**
 * @param {readonly Product[]} products
 * @param {Wish} wish
 */
function cheapest(products, wish) {
  return Math.min(...products.map((product) => price(product, wish)));
}

/**
 * @param {Product} product
 * @param {Wish} wish
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
