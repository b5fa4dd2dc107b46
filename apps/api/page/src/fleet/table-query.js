/**
 * The query of the table: as an address shows it, and as the API is asked for it. Both have the same names.
 */

import { withQuery } from '../net/address.js';
import { INSTANCE_STATUSES } from './status.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('../net/api-types.js').InstanceStatus} InstanceStatus
 * @typedef {'createdAt' | 'name' | 'price' | 'idle' | 'uptime' | 'status' | 'region' | 'cost' | 'stopsAt' | 'owner' | 'product'
 *   | 'image' | 'billing' | 'origin'} SortKey
 * @typedef {SortKey | `-${SortKey}`} TableSort with a hyphen: descending
 * @typedef {'running' | 'billed' | 'idle' | 'billed-though-stopped' | 'attention'} FigureName a figure of the fleet, which
 *   lists the instances that it counts
 *
 * @typedef {object} TableQuery
 * @property {string} search anywhere in the name, an id, the image or the GPU; empty for all
 * @property {readonly InstanceStatus[]} statuses empty for all but terminated ones, as the API takes it
 * @property {readonly string[]} regions
 * @property {readonly string[]} products
 * @property {readonly string[]} owners
 * @property {readonly Instance['origin'][]} origins
 * @property {readonly Instance['billingMode'][]} billings
 * @property {string} idle at least so long, such as `30m`; empty for all
 * @property {FigureName | ''} show
 * @property {TableSort} sort
 */

/** @type {TableQuery} */
export const DEFAULT_QUERY = {
  search: '',
  statuses: [],
  regions: [],
  products: [],
  owners: [],
  origins: [],
  billings: [],
  idle: '',
  show: '',
  sort: '-createdAt',
};

/** @type {readonly SortKey[]} */
const SORT_KEYS = [
  'createdAt',
  'name',
  'price',
  'idle',
  'uptime',
  'status',
  'region',
  'cost',
  'stopsAt',
  'owner',
  'product',
  'image',
  'billing',
  'origin',
];

/** @type {readonly TableSort[]} */
export const SORTS = SORT_KEYS.flatMap((key) => [key, /** @type {const} */ (`-${key}`)]);

/** @type {readonly FigureName[]} */
export const FIGURES = ['running', 'billed', 'idle', 'billed-though-stopped', 'attention'];

/** @type {readonly Instance['origin'][]} */
export const ORIGINS = ['managed', 'adopted', 'discovered'];

/** @type {readonly Instance['billingMode'][]} */
export const BILLING_MODES = ['onDemand', 'spot', 'monthly'];

export const IDLE_CHOICES = ['10m', '1h', '6h', '24h'];

/** As long as the API takes them. */
const LONGEST_SEARCH = 200;
const LONGEST_TEXT = 255;
const MOST_VALUES = 50;

/** @param {TableQuery} query */
export function hasFilters(query) {
  return !isSameQuery({ ...query, sort: DEFAULT_QUERY.sort }, DEFAULT_QUERY);
}

/**
 * @param {TableQuery} a
 * @param {TableQuery} b
 */
export function isSameQuery(a, b) {
  return JSON.stringify(parametersOf(a)) === JSON.stringify(parametersOf(b));
}

/**
 * The parameters of a query, in the API and in the address; empty where everything is meant.
 *
 * @param {TableQuery} query
 * @returns {Readonly<Record<string, string>>}
 */
export function parametersOf({ sort, ...query }) {
  return {
    search: query.search,
    status: query.statuses.join(','),
    region: query.regions.join(','),
    product: query.products.join(','),
    owner: query.owners.join(','),
    origin: query.origins.join(','),
    billing: query.billings.join(','),
    idle: query.idle,
    show: query.show,
    sort,
  };
}

/**
 * The query that an address names. Parts that do not belong there are ignored: a link may be old, or typed.
 *
 * @param {string} search such as `?status=ready,failed&search=llama`
 * @returns {TableQuery}
 */
export function queryFromSearch(search) {
  const parameters = new URLSearchParams(search);
  /** @param {string} name */
  const text = (name) => parameters.get(name) ?? '';
  /** @param {string} name */
  const texts = (name) => text(name).split(',').filter(isText).slice(0, MOST_VALUES);
  const asked = new Set(text('status').split(','));
  const searched = text('search').trim();
  return {
    search: searched.length > LONGEST_SEARCH ? '' : searched,
    statuses: INSTANCE_STATUSES.filter((status) => asked.has(status)),
    regions: texts('region'),
    products: texts('product'),
    owners: texts('owner'),
    origins: ORIGINS.filter((origin) => texts('origin').includes(origin)),
    billings: BILLING_MODES.filter((mode) => texts('billing').includes(mode)),
    idle: /^\d{1,6}[smhd]$/.test(text('idle')) ? text('idle') : '',
    show: FIGURES.find((name) => name === text('show')) ?? '',
    sort: SORTS.find((known) => known === text('sort')) ?? DEFAULT_QUERY.sort,
  };
}

/**
 * The query string under which the page shows this; parameters of others stay, a key never does.
 *
 * @param {TableQuery} query
 * @param {string} search the present one
 * @returns {string} with its question mark; empty when there is nothing to say
 */
export function searchFromQuery(query, search) {
  const parameters = new URLSearchParams(search);
  const { sort, ...own } = parametersOf(query);
  const all = { ...own, sort: sort === DEFAULT_QUERY.sort ? '' : (sort ?? ''), key: '' };
  for (const [parameter, value] of Object.entries(all)) {
    if (value === '') parameters.delete(parameter);
    else parameters.set(parameter, value);
  }
  // A comma needs no escape in a query, and an address is read by people.
  const text = parameters.toString().replaceAll('%2C', ',');
  return text === '' ? '' : `?${text}`;
}

/** @param {string} text */
function isText(text) {
  return text !== '' && text.length <= LONGEST_TEXT;
}

/**
 * @typedef {object} ReadPage
 * @property {readonly Instance[]} instances
 * @property {number | null} total
 * @property {string | null} nextCursor
 * @property {string | null} asOf
 */

/**
 * Where the API has a page.
 *
 * @param {{query: TableQuery, cursor: string | null, size: number}} page
 */
export function pathOfPage({ query, cursor, size }) {
  return withQuery('/api/v1/instances', { limit: size, cursor, ...parametersOf(query) });
}

/**
 * Reads one page.
 *
 * @param {Pick<import('../net/http-client.js').HttpClient, 'get'>} http
 * @param {Parameters<typeof pathOfPage>[0]} page
 * @param {AbortSignal} signal
 * @returns {Promise<ReadPage>}
 * @throws {import('../net/problem.js').ProblemError}
 */
export async function readPage(http, page, signal) {
  const { body, headers } = await http.get(pathOfPage(page), { signal });
  const { instances, total, nextCursor } = /** @type {import('../net/api-types.js').InstancePage} */ (body);
  return { instances, total, nextCursor, asOf: headers.get('x-data-as-of') };
}
