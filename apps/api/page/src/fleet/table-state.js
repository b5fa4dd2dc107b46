import { DEFAULT_QUERY, hasFilters } from './table-query.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('./known-instance.js').KnownInstance} KnownInstance
 * @typedef {import('./table-query.js').TableQuery} TableQuery
 *
 * @typedef {object} TableState
 * @property {TableQuery} query
 * @property {readonly KnownInstance[]} rows in the order of the query; new ones are put in, so it may be more than `size`
 * @property {number | null} total null when counting would cost too much
 * @property {number} page from 0
 * @property {number} size how many rows a page has when it is loaded
 * @property {boolean} hasNext
 * @property {boolean} isLoading
 * @property {number} unseen instances that changed since the page was loaded, match, and are not on it
 * @property {unknown} problem why the page could not be loaded; null when it could
 * @property {boolean} isLoaded whether there was an answer yet
 * @property {string | null} asOf as of when the data of the page was when it was loaded: that of its oldest instance
 * @property {number | null} loadedAtMs when it was; null before the first answer
 * @property {Shown | null} shown what the rows are; after a failure, or while it is read, not what is asked for
 *
 * @typedef {object} Shown
 * @property {TableQuery} query
 * @property {number} page
 * @property {number} size
 * @property {Instance | null} after the last one of the page before
 * @property {Instance | null} last with which the page ended as it was loaded; null on the last page
 */

export const PAGE_SIZES = [25, 50, 100, 200];
export const PAGE_SIZE = 50;

/** The page counts up to this many changed instances on other pages. */
export const MOST_UNSEEN = 1_000;

/** @type {TableState} */
export const BEFORE_LOADED = {
  query: DEFAULT_QUERY,
  rows: [],
  total: null,
  page: 0,
  size: PAGE_SIZE,
  hasNext: false,
  isLoading: false,
  unseen: 0,
  problem: null,
  isLoaded: false,
  asOf: null,
  loadedAtMs: null,
  shown: null,
};

/**
 * Whether something else is being read than what is shown; that the same page is read again is nobody's concern.
 *
 * @param {TableState} state
 */
export function isTurning({ isLoading, page, query, size, shown }) {
  return isLoading && shown !== null && (shown.page !== page || shown.query !== query || shown.size !== size);
}

/**
 * Why there is nothing to show; null when there is something, or nobody knows yet.
 *
 * @param {TableState} state
 * @returns {'no-match' | 'no-instances' | null}
 */
export function kindOfEmpty({ rows, shown, page }) {
  // A later page that is empty gives way to the one before it.
  if (rows.length > 0 || shown === null || page > 0) return null;
  return hasFilters(shown.query) ? 'no-match' : 'no-instances';
}
