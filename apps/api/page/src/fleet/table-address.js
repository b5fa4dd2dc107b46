import { isSameQuery, queryFromSearch, searchFromQuery } from './table-query.js';
import { PAGE_SIZE, PAGE_SIZES } from './table-state.js';

const STORED = 'novita-fleet.page-size';

/**
 * What the table shows first.
 *
 * @param {string} search of the address
 */
export function firstPage(search) {
  return { query: queryFromSearch(search), size: chosenPageSize() };
}

/**
 * Sets what the table shows first.
 *
 * @param {import('./instance-table.js').InstanceTable} table nothing was asked of it yet
 * @param {string} search of the address
 */
export function beginTable(table, search) {
  const { query, size } = firstPage(search);
  table.begin(query, size);
}

/**
 * Shows in the address what the table shows, so that a reload or a link shows it again, and takes the way back from the
 * browser. Typing makes no history, each other choice does.
 *
 * @param {import('./instance-table.js').InstanceTable} table
 * @param {Pick<import('../routing/router.js').ViewPlace, 'query' | 'setQuery'>} place
 * @param {AbortSignal} signal of the view
 * @returns {() => void} to be called when the query of the address has changed
 */
export function followAddress(table, place, signal) {
  const inAddress = () => queryFromSearch(place.query().toString());
  let mirrored = inAddress();
  if (!isSameQuery(table.state.get().query, mirrored)) void table.setQuery(mirrored);
  table.state.watch(({ query }) => {
    if (isSameQuery(query, mirrored)) return;
    const isTyping = isSameQuery({ ...query, search: mirrored.search }, mirrored);
    mirrored = query;
    place.setQuery(searchFromQuery(query, place.query().toString()), { replace: isTyping });
  }, signal);
  return () => {
    const query = inAddress();
    if (isSameQuery(query, mirrored)) return;
    mirrored = query;
    void table.setQuery(query);
  };
}

/** How many rows a page has is kept for this browser, and is no matter of a link. @returns {number} */
function chosenPageSize() {
  const stored = Number(localStorage.getItem(STORED));
  return PAGE_SIZES.includes(stored) ? stored : PAGE_SIZE;
}

/** @param {number} size */
export function keepPageSize(size) {
  localStorage.setItem(STORED, String(size));
}
