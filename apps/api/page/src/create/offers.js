import { LIMITS } from '../net/api-limits.js';
import { CREATE } from './words.js';

/**
 * @typedef {import('../net/api-types.js').GpuProductView} Product
 * @typedef {import('../net/api-types.js').Instance['billingMode']} BillingMode
 *
 * @typedef {object} Catalogue what can be rented at present, and from what an instance can be made
 * @property {readonly Product[]} products
 * @property {readonly import('../net/api-types.js').TemplateView[]} templates
 * @property {readonly GpuOffers[]} gpus
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
 * @typedef {import('../net/api-types.js').GpuOffersView} GpuOffers what a create would take, and pay, of one GPU in each region
 *
 * @typedef {object} GpuChoice
 * @property {string} name
 * @property {readonly Place[]} places where it can be had, cheapest first
 * @property {boolean} isAnywhere whether it can also be had where Novita chooses
 * @property {number | null} fromUsd per hour for all GPUs, the least of all; null when it is not offered so
 * @property {readonly string[]} emptyIn regions that have none at present
 * @property {Unavailable | ''} rejection why it cannot be had; empty when it can
 *
 * @typedef {'out-of-stock' | 'not-offered'} Unavailable
 *
 * @typedef {{kind: 'none', reason: 'no-gpu' | 'gone' | 'disk' | Unavailable}
 *   | {kind: 'price', usdPerHour: number, place: string, missingIn: string, cheaper: Place | null}} Expected what a create
 *   would cost per hour, and in which region; `missingIn` is the wanted region when that has none, else empty
 *
 * @typedef {object} Place
 * @property {string} name of a region; several, when they cost the same
 * @property {number} usdPerHour
 */

/** The name that the service takes for any region. */
export const ANY_REGION = 'any';

/** @type {readonly BillingMode[]} */
export const BILLING_MODES = ['onDemand', 'spot', 'monthly'];

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
 * @param {readonly GpuOffers[]} gpus as of `GET /offers`
 * @returns {readonly GpuChoice[]}
 */
export function gpuChoices(gpus) {
  return gpus
    .map(choiceOf)
    .toSorted(
      (a, b) =>
        Number(a.rejection !== '') - Number(b.rejection !== '') || (a.fromUsd ?? Infinity) - (b.fromUsd ?? Infinity),
    );
}

/**
 * @param {GpuOffers} gpu
 * @returns {GpuChoice}
 */
function choiceOf({ name, offers }) {
  const stocked = offers.filter(({ available }) => available);
  const priced = (stocked.length > 0 ? stocked : offers).flatMap(({ pricePerHour }) => pricePerHour ?? []);
  const isOffered = offers.some(({ reason }) => reason !== 'not-offered-so');
  return {
    name,
    places: stocked.flatMap(({ region, pricePerHour }) =>
      region === undefined || pricePerHour === undefined ? [] : [{ name: region, usdPerHour: pricePerHour }],
    ),
    isAnywhere: stocked.some(({ region }) => region === undefined),
    fromUsd: priced.length === 0 ? null : Math.min(...priced),
    emptyIn: offers.flatMap(({ region, reason }) =>
      reason === 'out-of-stock' && region !== undefined ? [region] : [],
    ),
    rejection: stocked.length > 0 ? '' : isOffered ? 'out-of-stock' : 'not-offered',
  };
}

/**
 * What can be had in the place of a GPU that cannot: those in stock, nearest in price first.
 *
 * @param {readonly GpuChoice[]} choices
 * @param {string} name of the one that cannot be had
 * @param {number} most
 * @returns {readonly {name: string, fromUsd: number}[]}
 */
export function insteadOf(choices, name, most = 3) {
  const wantedUsd = choices.find((choice) => choice.name === name)?.fromUsd ?? 0;
  return choices
    .flatMap((choice) =>
      choice.rejection === '' && choice.name !== name && choice.fromUsd !== null
        ? [{ name: choice.name, fromUsd: choice.fromUsd }]
        : [],
    )
    .toSorted((a, b) => Math.abs(a.fromUsd - wantedUsd) - Math.abs(b.fromUsd - wantedUsd))
    .slice(0, most);
}

/**
 * How else a GPU can be paid that is not to be had with the chosen billing.
 *
 * @param {readonly Product[]} products
 * @param {Pick<OfferRequest, 'productName' | 'productId' | 'billingMode' | 'gpuNum'>} request
 * @returns {readonly {billingMode: BillingMode, usdPerHour: number}[]}
 */
export function otherBillings(products, request) {
  return BILLING_MODES.filter((mode) => mode !== request.billingMode).flatMap((billingMode) => {
    const prices = wantedOf(products, request)
      .filter((product) => product.inStock && usdPerGpuHour(product, billingMode) !== null)
      .map((product) => priceOf(product, billingMode, request.gpuNum));
    return prices.length === 0 ? [] : [{ billingMode, usdPerHour: Math.min(...prices) }];
  });
}

/**
 * The price of a create by the rule of the service: the cheapest in the wanted region, else the cheapest elsewhere.
 *
 * @param {readonly Product[]} products
 * @param {OfferRequest} request
 * @returns {Expected}
 */
export function expectedPrice(products, request) {
  if (request.productName === '') return { kind: 'none', reason: 'no-gpu' };
  const known = wantedOf(products, request);
  if (known.length === 0) return { kind: 'none', reason: 'gone' };
  if (known.every((product) => usdPerGpuHour(product, request.billingMode) === null)) {
    return { kind: 'none', reason: 'not-offered' };
  }
  const candidates = stockedFor(products, request);
  if (candidates.length === 0) {
    const isTooLarge = stockedFor(products, { ...request, rootfsSize: null }).length > 0;
    return { kind: 'none', reason: isTooLarge ? 'disk' : 'out-of-stock' };
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
  return { usdPerHour, place: [...new Set(places)].join(' or ') || CREATE.everyRegion };
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

/**
 * Novita adds a place to some names: `US-01 (Dallas)` is the region `US-01`.
 *
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
