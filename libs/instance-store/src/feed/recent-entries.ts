import type { FeedEntry } from '../change-feed.js';

const LIMIT = 2_000;
/** Entries beyond the limit that are let stand before they are forgotten together. */
const SLACK = 200;

/** The latest entries of the feed, without a gap. */
export class RecentEntries {
  private entries: FeedEntry[] = [];
  /** Of the entry before the first that is remembered; null before it is known where they begin. */
  private floor: string | null = null;

  /** @param limit entries that are remembered, about */
  constructor(private readonly limit = LIMIT) {}

  /** Forgets all; the next entry is the one after this position. */
  restart(position: string): void {
    this.entries = [];
    this.floor = position;
  }

  add(entry: FeedEntry): void {
    this.entries.push(entry);
    if (this.entries.length <= this.limit + SLACK) return;
    const forgotten = this.entries.splice(0, this.entries.length - this.limit);
    this.floor = forgotten.at(-1)?.entryId ?? this.floor;
  }

  /** @returns null for an id that is not among them */
  after(entryId: string, limit: number): readonly FeedEntry[] | null {
    const most = Math.max(0, limit);
    if (entryId === this.floor) return this.entries.slice(0, most);
    // Most readers were away for a moment only.
    const place = this.entries.findLastIndex((entry) => entry.entryId === entryId);
    return place === -1 ? null : this.entries.slice(place + 1, place + 1 + most);
  }
}
