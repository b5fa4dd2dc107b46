import type { Clock, Timestamp } from '@app/platform';
import { NovitaInvalidRequestError } from '../novita.errors.js';
import type { ListingVerdict, MalformedItem, Page } from '../novita.js';

/** One page as the service sent it. */
export interface RawPage<Item> {
  readonly items: readonly Item[];
  readonly malformed: readonly MalformedItem[];
  readonly total: number;
}

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
      // A consumer that leaves early does not wait for it; its failure then concerns no one.
      page.catch(() => undefined);
      ahead.push(page);
      asked += 1;
    }
    const next = await ahead.shift();
    if (next === undefined) return;
    yield next;
  }
}

/** Only a clean listing of several pages proves how Novita numbers its pages; an unclean one may come from a wrong assumption. */
function learnFrom(origin: PageOrigin, beginning: Beginning<unknown>, clean: boolean, pages: number): void {
  if (!clean) origin.forget();
  else if (pages > 1) origin.learn(beginning.startsAtOne);
}

/** Counts the pages of one listing: when it is at its end, and what it is worth. */
class ListingTally<Item> {
  private readonly ids = new Set<string>();
  private readonly totals = new Set<number>();
  private pages = 0;
  private entries = 0;
  private malformed = 0;
  private pageSize = 0;
  private total = 0;
  private lastWasEmpty = false;

  constructor(
    private readonly idOf: (item: Item) => string,
    private readonly maxPages: number,
  ) {}

  add(page: RawPage<Item>): void {
    const entries = entriesOf(page);
    // The service may give fewer than it was asked for; what it gave first is its page size.
    if (this.pages === 0) this.pageSize = entries;
    this.pages += 1;
    this.entries += entries;
    this.malformed += page.malformed.length;
    this.total = page.total;
    this.totals.add(page.total);
    this.lastWasEmpty = entries === 0;
    for (const item of page.items) this.ids.add(this.idOf(item));
  }

  /** How many pages there should be, by the latest total. */
  get expectedPages(): number {
    const pages = this.pageSize === 0 ? 1 : Math.ceil(this.total / this.pageSize);
    return Math.min(Math.max(pages, 1), this.maxPages);
  }

  /** Whether nothing more is to be asked for. */
  get atEnd(): boolean {
    if (this.lastWasEmpty || this.pages >= this.expectedPages) return true;
    // Every entry came although the pages were of different sizes.
    return this.ids.size + this.malformed >= this.total;
  }

  verdict(startedAt: Timestamp): ListingVerdict {
    const reason = this.problem();
    return {
      clean: reason === null,
      reason,
      startedAt,
      total: this.total,
      distinct: this.ids.size,
      pages: this.pages,
    };
  }

  private problem(): string | null {
    const distinct = this.ids.size;
    if (this.malformed > 0) return `${this.malformed} items could not be read`;
    if (this.totals.size > 1) return `the total changed between pages: ${[...this.totals].slice(0, 5).join(', ')}`;
    if (this.entries > distinct) return `${this.entries - distinct} ids came more than once`;
    if (this.pages >= this.maxPages && distinct < this.total) return `more than ${this.maxPages} pages`;
    if (distinct !== this.total) return `${distinct} items came, the total is ${this.total}`;
    return null;
  }
}

/**
 * Which number the service gives to its first page, as far as earlier listings showed. Kept for each resource, since
 * Novita counts some lists from 0 and others from 1 and the documentation does not say which.
 */
export class PageOrigin {
  private startsAtOne = false;

  /** Only `true` saves a request: a listing that begins at 0 asks for what it needs anyway. */
  get knownToStartAtOne(): boolean {
    return this.startsAtOne;
  }

  learn(startsAtOne: boolean): void {
    this.startsAtOne = startsAtOne;
  }

  forget(): void {
    this.startsAtOne = false;
  }
}

interface Beginning<Item> {
  /** The first pages, in order; one or two. */
  readonly pages: readonly RawPage<Item>[];
  /** The number under which the service has the page after them. */
  readonly nextNumber: number;
  /** Whether page 1 proved to be the first. */
  readonly startsAtOne: boolean;
}

/**
 * Finds the first page of a list whose numbering is not known. It asks for page 0 and, unless that held everything, for
 * page 1, and compares:
 *
 * | page 0            | page 1               | the service counts from           |
 * | ----------------- | -------------------- | --------------------------------- |
 * | holds everything  | not asked for        | does not matter                   |
 * | refused           | is the first         | 1                                 |
 * | empty             | has items            | 1                                 |
 * | empty             | empty                | does not matter: nothing is there |
 * | some              | mostly the same ones | 1, and takes 0 for 1              |
 * | some              | others               | 0                                 |
 *
 * At most one request is wasted, and none once the origin is known. A wrong guess (pages that drift in between) skips
 * or repeats a page, which makes the listing unclean by its count; it can never make it clean.
 * @param fetch asks for the page of that number
 */
async function findBeginning<Item>(
  fetch: (pageNumber: number) => Promise<RawPage<Item>>,
  idOf: (item: Item) => string,
  origin: PageOrigin,
): Promise<Beginning<Item>> {
  if (origin.knownToStartAtOne) return { pages: [await fetch(1)], nextNumber: 2, startsAtOne: true };

  let zero: RawPage<Item>;
  try {
    zero = await fetch(0);
  } catch (error) {
    // Anything else (no right, no connection) says nothing of the numbering.
    if (!(error instanceof NovitaInvalidRequestError)) throw error;
    return { pages: [await fetch(1)], nextNumber: 2, startsAtOne: true };
  }
  if (entriesOf(zero) > 0 && entriesOf(zero) >= zero.total) return { pages: [zero], nextNumber: 1, startsAtOne: false };

  const one = await fetch(1);
  if (entriesOf(zero) === 0) {
    if (entriesOf(one) > 0) return { pages: [one], nextNumber: 2, startsAtOne: true };
    // Two empty pages of which one speaks of items must not pass for an empty list: its total makes it unclean.
    return { pages: [zero.total >= one.total ? zero : one], nextNumber: 2, startsAtOne: false };
  }
  if (mostlyTheSame(zero, one, idOf)) return { pages: [one], nextNumber: 2, startsAtOne: true };
  return { pages: [zero, one], nextNumber: 2, startsAtOne: false };
}

/** More than half: one instance made or deleted between the two requests shifts a page by one. */
function mostlyTheSame<Item>(one: RawPage<Item>, other: RawPage<Item>, idOf: (item: Item) => string): boolean {
  const ids = new Set(one.items.map(idOf));
  const shared = other.items.filter((item) => ids.has(idOf(item))).length;
  return shared * 2 > Math.min(one.items.length, other.items.length);
}

/** Entries of a page, the unreadable ones included. */
function entriesOf(page: RawPage<unknown>): number {
  return page.items.length + page.malformed.length;
}
