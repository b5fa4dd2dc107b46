/** Which page number the provider's lists call the first is not known, so it is a switch. */
export type FirstPage =
  /** 0 and 1 are both the first page, 2 the second. */
  | 'both'
  /** 0 is the first page. */
  | 'zero'
  /** 1 is the first page; 0 is an empty one. */
  | 'one';

/** Which part of a list is asked for. */
export interface Window {
  readonly offset: number;
  readonly size: number;
}

/** What clients get that send no size, or a wrongly named one. Not documented; the provider's own tool says 10. */
const DEFAULT_SIZE = 10;
/** Not the provider's: it bounds what one answer may cost. */
const LARGEST_SIZE = 10_000;

/**
 * Reads the paging of one list. Numbers that cannot be read count as not sent.
 *
 * @param numberKey the resource's name for the page number: `pageNum`, `pageNo` or `page`
 * @param firstPage which number is the first page
 */
export function readWindow(query: URLSearchParams, numberKey: string, firstPage: FirstPage): Window {
  const asked = wholeNumber(query.get('pageSize'));
  const size = Math.min(asked === null || asked === 0 ? DEFAULT_SIZE : asked, LARGEST_SIZE);
  return windowOf(wholeNumber(query.get(numberKey)), size, firstPage);
}

/** The page number as it was sent, under whichever name the resource has for it; null when none was sent. */
export function pageNumber(query: URLSearchParams): number | null {
  return wholeNumber(query.get('pageNum') ?? query.get('pageNo') ?? query.get('page'));
}

function windowOf(page: number | null, size: number, firstPage: FirstPage): Window {
  if (page === null) return { offset: 0, size };
  if (firstPage === 'zero') return { offset: page * size, size };
  if (firstPage === 'one' && page === 0) return { offset: 0, size: 0 };
  return { offset: Math.max(page - 1, 0) * size, size };
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
