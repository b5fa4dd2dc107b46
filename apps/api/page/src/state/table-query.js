import { INSTANCE_STATUSES } from '../format/status.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 * @typedef {import('../http/api-types.js').InstanceStatus} InstanceStatus
 * @typedef {'-createdAt' | 'createdAt' | 'name' | '-name'} TableSort
 *
 * @typedef {object} TableQuery
 * @property {readonly InstanceStatus[]} statuses empty for all but terminated ones, as the API takes it
 * @property {string} region empty for all
 * @property {string} name what names begin with, or the whole id of one instance, ours or Novita's; empty for all
 * @property {TableSort} sort
 */

/** @type {TableQuery} */
export const DEFAULT_QUERY = { statuses: [], region: '', name: '', sort: '-createdAt' };

/** @type {readonly TableSort[]} */
export const SORTS = ['-createdAt', 'createdAt', 'name', '-name'];

const NAME_PREFIX = /^[A-Za-z0-9-]{1,200}$/;
const OUR_ID = /^ins_[0-9A-Z]{26}$/;
/** Novita's have 16 hexadecimal digits today; a name may look like that too. */
const NOVITA_ID = /^[0-9a-f]{12,32}$/;
const LONGEST_REGION = 255;

/** @param {string} name */
export function isOurId(name) {
  return OUR_ID.test(name);
}

/** @param {string} name */
export function mayBeNovitaId(name) {
  return NOVITA_ID.test(name);
}

/** Whether the API can be asked for it. @param {string} name */
export function isSearchable(name) {
  return name === '' || NAME_PREFIX.test(name) || isOurId(name);
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
 * An id shows its instance whatever the other filters say, as the API does when it is asked for one.
 *
 * @param {Instance} instance
 * @param {TableQuery} query
 */
export function matches(instance, { statuses, region, name }) {
  if (name !== '' && (instance.id === name || instance.novitaInstanceId === name)) return true;
  return (
    (statuses.length === 0 ? instance.status !== 'terminated' : statuses.includes(instance.status)) &&
    (region === '' || instance.region === region) &&
    instance.name.toLowerCase().includes(name.toLowerCase())
  );
}

/**
 * The query that an address names. What does not belong there is passed over: a link may be old, or typed.
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
