/**
 * The query of the table: as an address shows it, and as the API is asked for it.
 */

import { LIMITS } from '../net/api-limits.js';
import { withQuery } from '../net/http-client.js';
import { INSTANCE_STATUSES } from './status.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('../net/api-types.js').InstanceStatus} InstanceStatus
 * @typedef {'-createdAt' | 'createdAt' | 'name' | '-name'} TableSort
 *
 * @typedef {object} TableQuery
 * @property {readonly InstanceStatus[]} statuses empty for all but terminated ones, as the API takes it
 * @property {string} region empty for all
 * @property {string} name a part of the name, or the whole id of one instance, ours or Novita's; empty for all
 * @property {TableSort} sort
 */

/** @type {TableQuery} */
export const DEFAULT_QUERY = { statuses: [], region: '', name: '', sort: '-createdAt' };

/** @type {readonly TableSort[]} */
export const SORTS = ['-createdAt', 'createdAt', 'name', '-name'];
/** A part of a name is made of what a name is made of. */
const NAME_PART = new RegExp(LIMITS.create.name.pattern);
const OUR_ID = /^ins_[0-9A-Z]{26}$/;

/** Novita's have 16 hexadecimal digits today; a name may look like that too. */
const NOVITA_ID = /^[0-9a-f]{12,32}$/;
const LONGEST_REGION = 255;

/** @param {string} name */
function isOurId(name) {
  return OUR_ID.test(name);
}

/** @param {string} name */
function mayBeNovitaId(name) {
  return NOVITA_ID.test(name);
}

/** Whether the API can be asked for it. @param {string} name */
export function isSearchable(name) {
  return name === '' || NAME_PART.test(name) || isOurId(name);
}

/** @param {TableQuery} query */
export function hasFilters({ statuses, region, name }) {
  return statuses.length > 0 || region !== '' || name !== '';
}

/**
 * @param {TableQuery} a
 * @param {TableQuery} b
 */
export function isSameQuery(a, b) {
  return (
    a.name === b.name && a.region === b.region && a.sort === b.sort && a.statuses.join(',') === b.statuses.join(',')
  );
}

/**
 * The query that an address names. Parts that do not belong there are ignored: a link may be old, or typed.
 *
 * @param {string} search such as `?status=ready,failed&name=llama`
 * @returns {TableQuery}
 */
export function queryFromSearch(search) {
  const parameters = new URLSearchParams(search);
  const asked = new Set((parameters.get('status') ?? '').split(','));
  const name = parameters.get('name') ?? '';
  const region = parameters.get('region') ?? '';
  const sort = SORTS.find((known) => known === parameters.get('sort'));
  return {
    statuses: INSTANCE_STATUSES.filter((status) => asked.has(status)),
    region: region.length > LONGEST_REGION ? '' : region,
    name: isSearchable(name) ? name : '',
    sort: sort ?? DEFAULT_QUERY.sort,
  };
}

/**
 * The query string under which the page shows this; parameters of others stay, a key never does.
 *
 * @param {TableQuery} query
 * @param {string} search the present one
 * @returns {string} with its question mark; empty when there is nothing to say
 */
export function searchFromQuery({ statuses, region, name, sort }, search) {
  const parameters = new URLSearchParams(search);
  const own = {
    status: statuses.join(','),
    region,
    name,
    sort: sort === DEFAULT_QUERY.sort ? '' : sort,
    key: '',
  };
  for (const [parameter, value] of Object.entries(own)) {
    if (value === '') parameters.delete(parameter);
    else parameters.set(parameter, value);
  }
  // A comma needs no escape in a query, and an address is read by people.
  const text = parameters.toString().replaceAll('%2C', ',');
  return text === '' ? '' : `?${text}`;
}

/**
 * @typedef {object} ReadPage
 * @property {readonly Instance[]} instances
 * @property {number | null} total
 * @property {string | null} nextCursor
 * @property {string | null} asOf
 */

/**
 * Reads one page. A search for an id finds its instance, whatever the filters say.
 *
 * @param {Pick<import('../net/http-client.js').HttpClient, 'get'>} http
 * @param {{query: TableQuery, cursor: string | null, size: number}} page
 * @param {AbortSignal} signal
 * @returns {Promise<ReadPage>}
 * @throws {import('../net/problem.js').ProblemError}
 */
export async function readPage(http, { query, cursor, size }, signal) {
  if (isOurId(query.name)) return readOne(http, query.name, signal);
  const path = withQuery('/api/v1/instances', {
    limit: size,
    cursor,
    status: query.statuses.join(','),
    region: query.region,
    name: query.name,
    sort: query.sort,
  });
  const { body, headers } = await http.get(path, { signal });
  const isNoName = body.instances.length === 0 && cursor === null;
  if (isNoName && mayBeNovitaId(query.name)) return readOne(http, query.name, signal);
  const { instances, total, nextCursor } = /** @type {import('../net/api-types.js').InstancePage} */ (body);
  return { instances, total, nextCursor, asOf: headers.get('x-data-as-of') };
}

/**
 * @param {Pick<import('../net/http-client.js').HttpClient, 'get'>} http
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<ReadPage>}
 */
async function readOne(http, id, signal) {
  const { status, body, headers } = await http.get(`/api/v1/instances/${id}`, { signal, alsoFine: [404] });
  const instances = status === 404 ? [] : [body];
  return { instances, total: instances.length, nextCursor: null, asOf: headers.get('x-data-as-of') };
}
