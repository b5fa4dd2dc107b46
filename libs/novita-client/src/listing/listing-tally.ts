import type { Timestamp } from '@app/platform';
import type { ListingVerdict, MalformedItem } from '../novita.js';

/** One page as the service sent it. */
export interface RawPage<Item> {
  readonly items: readonly Item[];
  readonly malformed: readonly MalformedItem[];
  readonly total: number;
}

/** Counts the pages of one listing: when it is at its end, and what it is worth. */
export class ListingTally<Item> {
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
    // Every entry was seen although the pages were of different sizes.
    return this.ids.size + this.malformed >= this.total;
  }

  verdict(startedAt: Timestamp): ListingVerdict {
    const reason = this.fault();
    return {
      clean: reason === null,
      reason,
      startedAt,
      total: this.total,
      distinct: this.ids.size,
      pages: this.pages,
    };
  }

  private fault(): string | null {
    const distinct = this.ids.size;
    if (this.malformed > 0) return `${this.malformed} items could not be read`;
    if (this.totals.size > 1) return `the total changed between pages: ${[...this.totals].slice(0, 5).join(', ')}`;
    if (this.entries > distinct) return `${this.entries - distinct} ids came more than once`;
    if (this.pages >= this.maxPages && distinct < this.total) return `more than ${this.maxPages} pages`;
    if (distinct !== this.total) return `${distinct} items came, the total is ${this.total}`;
    return null;
  }
}

/** Entries of a page, the unreadable ones included. */
export function entriesOf(page: RawPage<unknown>): number {
  return page.items.length + page.malformed.length;
}
