import type { Timestamp } from '@app/platform';
import type { FeedEntry } from '../change-feed.js';
import type { InstanceId } from '../instance-id.js';

/** Must not throw and must be quick: one process has one reader of the feed, and all listeners share it. */
export interface FeedListener {
  /** For every entry from the subscription on, in order. */
  entry(entry: FeedEntry): void;
  /**
   * The feed was read up to that position, for those who must know how far they are.
   * @param unread whose entries could not be understood
   */
  advanced?(position: string, unread: readonly InstanceId[]): void;
  /** Entries may have been lost; the feed goes on after this position. */
  lost(position: string): void;
  /** The feed cannot be read since then; null: it can be again, and nothing was lost unless `lost` says so. */
  interrupted(since: Timestamp | null): void;
}

/** The feed as this process follows it: one reader for all who listen. */
export abstract class ChangeFeedView {
  /** @returns ends the subscription */
  abstract subscribe(listener: FeedListener): () => void;

  /** Of the latest entry that this process has taken in; `BEFORE_FIRST_ENTRY` before the first. */
  abstract position(): string;

  /** Since when the feed cannot be read; null while it is followed. */
  abstract interruptedSince(): Timestamp | null;

  /**
   * Entries after that one out of the latest ones that this process remembers, so that a reader that was away for a
   * moment costs no round trip.
   * @returns null when they do not reach back that far
   */
  abstract recent(entryId: string, limit: number): readonly FeedEntry[] | null;
}
