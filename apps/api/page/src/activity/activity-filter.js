import { EVENT_KINDS, isInstanceType, typesOf } from './event-kinds.js';

/**
 * @typedef {object} ActivityFilter
 * @property {readonly import('./event-kinds.js').EventKind[]} kinds none for the usual ones
 * @property {string} search names or ids of instances; empty for all events
 */

/**
 * The filter that an address names.
 *
 * @param {URLSearchParams} query
 * @returns {ActivityFilter}
 */
export function filterIn(query) {
  const named = (query.get('kinds') ?? '').split(',');
  return { kinds: EVENT_KINDS.filter((kind) => named.includes(kind)), search: (query.get('search') ?? '').trim() };
}

/**
 * The query of an address, with its question mark; empty without a filter.
 *
 * @param {ActivityFilter} filter
 */
export function queryOf({ kinds, search }) {
  const query = new URLSearchParams();
  if (kinds.length > 0) query.set('kinds', kinds.join(','));
  if (search !== '') query.set('search', search);
  // Commas need no escape there, and are easier to read without.
  const text = query.toString().replaceAll('%2C', ',');
  return text === '' ? '' : `?${text}`;
}

/** @param {ActivityFilter} filter */
export function isFiltered({ kinds, search }) {
  return kinds.length > 0 || search !== '';
}

/**
 * The types of events that a filter takes. A search takes only those of instances.
 *
 * @param {ActivityFilter} filter
 */
export function wantedTypes({ kinds, search }) {
  const types = typesOf(kinds);
  return search === '' ? types : types.filter(isInstanceType);
}

/**
 * What the API is asked for.
 *
 * @param {ActivityFilter} filter
 * @param {readonly string[] | null} instanceIds those that the search finds; null without a search
 * @param {number} limit
 * @param {string | null} cursor
 */
export function pathOf(filter, instanceIds, limit, cursor) {
  const query = new URLSearchParams({ limit: String(limit) });
  query.set('types', wantedTypes(filter).join(','));
  if (instanceIds !== null) query.set('instance', instanceIds.join(','));
  if (cursor !== null) query.set('cursor', cursor);
  return `/api/v1/activity?${query}`;
}
