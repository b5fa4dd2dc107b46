import { isSameQuery, queryFromSearch, searchFromQuery } from './table-query.js';
import { PAGE_SIZE, PAGE_SIZES } from './table-state.js';

const STORED = 'novita-fleet.page-size';

/**
 * Shows in the address what the table shows, so that a reload or a link shows it again, and takes the way back from the
 * browser. Typing makes no history, each other choice does.
 *
 * @param {import('./instance-table.js').InstanceTable} table nothing was asked of it yet
 * @param {AbortSignal} signal ends it
 */
export function followAddress(table, signal) {
  let mirrored = queryFromSearch(location.search);
  table.begin(mirrored, chosenPageSize());
  const unwatch = table.state.watch(({ query }) => {
    if (isSameQuery(query, mirrored)) return;
    const isTyping = isSameQuery({ ...query, name: mirrored.name }, mirrored);
    mirrored = query;
    const address = `${location.pathname}${searchFromQuery(query, location.search)}${location.hash}`;
    if (isTyping) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
  });
  signal.addEventListener('abort', unwatch, { once: true });
  addEventListener(
    'popstate',
    () => {
      const query = queryFromSearch(location.search);
      if (isSameQuery(query, mirrored)) return;
      mirrored = query;
      void table.setQuery(query);
    },
    { signal },
  );
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
