import type { Clock } from '@app/platform';
import type { Page } from '../novita.js';
import { type Beginning, findBeginning, type PageOrigin } from './first-page.js';
import { ListingTally, type RawPage } from './listing-tally.js';

export interface ListingSource<Item> {
  /** Asks for the page of that number; ends at the signal. */
  readonly fetch: (pageNumber: number, signal: AbortSignal) => Promise<RawPage<Item>>;
  readonly idOf: (item: Item) => string;
  readonly origin: PageOrigin;
}

export interface ListingOptions {
  /** Pages asked for side by side once the numbering is known; at least 1. */
  readonly concurrency: number;
  /** Beyond this the listing ends unclean. */
  readonly maxPages: number;
  readonly clock: Clock;
  /** The caller's; a consumer that stops early ends the requests under way as well. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Lists all pages in their order and says at the last what the listing is worth.
 * @throws what `fetch` throws; a listing that fails half way has no verdict
 */
export async function* listPages<Item>(
  source: ListingSource<Item>,
  options: ListingOptions,
): AsyncGenerator<Page<Item>, void, undefined> {
  const ending = new AbortController();
  const onAbort = (): void => ending.abort(options.signal?.reason);
  options.signal?.throwIfAborted();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const fetch = (pageNumber: number): Promise<RawPage<Item>> => source.fetch(pageNumber, ending.signal);
    const startedAt = options.clock.timestamp();
    const tally = new ListingTally(source.idOf, options.maxPages);
    const beginning = await findBeginning(fetch, source.idOf, source.origin);
    let index = 0;
    for await (const page of inOrder(beginning, fetch, tally, options.concurrency)) {
      tally.add(page);
      const verdict = tally.atEnd ? tally.verdict(startedAt) : null;
      if (verdict !== null) learnFrom(source.origin, beginning, verdict.clean, verdict.pages);
      yield { items: page.items, malformed: page.malformed, total: page.total, index, verdict };
      if (verdict !== null) return;
      index += 1;
    }
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    ending.abort(new Error('the listing has ended'));
  }
}

/** The pages of the beginning, then the rest, a few requests ahead of the consumer. Ends only by being left. */
async function* inOrder<Item>(
  beginning: Beginning<Item>,
  fetch: (pageNumber: number) => Promise<RawPage<Item>>,
  tally: ListingTally<Item>,
  concurrency: number,
): AsyncGenerator<RawPage<Item>, void, undefined> {
  yield* beginning.pages;
  const ahead: Promise<RawPage<Item>>[] = [];
  for (let asked = beginning.pages.length; ; ) {
    while (ahead.length < concurrency && (ahead.length === 0 || asked < tally.expectedPages)) {
      const page = fetch(beginning.nextNumber + asked - beginning.pages.length);
      // Whoever leaves early does not wait for it; its failure is then nobody's.
      page.catch(() => undefined);
      ahead.push(page);
      asked += 1;
    }
    const next = await ahead.shift();
    if (next === undefined) return;
    yield next;
  }
}

/** Only a clean listing of several pages proves how the service counts; an unclean one may be due to a wrong belief. */
function learnFrom(origin: PageOrigin, beginning: Beginning<unknown>, clean: boolean, pages: number): void {
  if (!clean) origin.forget();
  else if (pages > 1) origin.learn(beginning.startsAtOne);
}
