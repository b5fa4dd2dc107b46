import type { Distortion } from '../faults/fault-board.js';
import type { Window } from './paging.js';

/** A list as an operation gives it, before it is written out, so that faults can distort it on the way. */
export interface Listing {
  /** The key of its items in the answer: it differs by resource. */
  readonly key: string;
  readonly window: Window;
  readonly total: number;
  /** Items from `start` up to, not including, `end`, each as JSON. */
  items(start: number, end: number): string[];
  /** The answer around the items; by default `{[key]: items, total}`. */
  readonly envelope?: (items: string, total: number) => string;
}

/** @param page a part of the list, from the whole of which only that part is written out */
export function listingOf(key: string, all: readonly unknown[], window: Window): Listing {
  return {
    key,
    window,
    total: all.length,
    items: (start, end) => all.slice(start, end).map((item) => JSON.stringify(item)),
  };
}

/** A list that has no pages and no total. */
export function wholeListing(key: string, all: readonly unknown[]): Listing {
  return {
    ...listingOf(key, all, { offset: 0, size: all.length }),
    envelope: (items) => `{"${key}":${items}}`,
  };
}

/** An item that cannot be read: the types of id and status are wrong, and the rest is missing. */
const BAD_ITEM = '{"id":null,"name":17,"status":{"not":"a status"},"Id":null,"storageId":null}';

export function renderListing(listing: Listing, distortion: Distortion): string {
  const { offset, size } = listing.window;
  const wrap = listing.envelope ?? ((items, total) => `{"${listing.key}":${items},"total":${total}}`);
  if (distortion.emptyWithTotal !== null) return wrap('[]', distortion.emptyWithTotal);
  const start = Math.max(offset - distortion.drift, 0);
  const items = size === 0 ? [] : listing.items(start, start + size);
  if (distortion.repeatLast && items.length > 0) items[0] = listing.items(start - 1, start)[0] ?? '';
  if (distortion.badItem && items.length > 0) items[Math.floor(items.length / 2)] = BAD_ITEM;
  return wrap(`[${items.join(',')}]`, listing.total + distortion.drift);
}
