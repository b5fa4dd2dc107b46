import type { FeedEntry } from '../change-feed.js';
import type { InstanceId } from '../instance-id.js';

/** What following the feed yields. */
export type FeedPiece =
  | {
      readonly kind: 'entries';
      readonly entries: readonly FeedEntry[];
      /** Of the last entry that was read, whether or not it could be understood. */
      readonly position: string;
      /** Whose entries could not be understood, and are left out. */
      readonly unread: readonly InstanceId[];
    }
  /** The feed does not know the position any more (Redis was emptied, or fell back), so entries may be lost. It goes on after this one. */
  | { readonly kind: 'lost'; readonly position: string };

/** The position before the first entry. */
export const BEFORE_FIRST_ENTRY = '0-0';

/**
 * Reads the change feed. About the latest 10,000 entries are kept. All methods throw `StoreUnavailableError` when the
 * store cannot be reached, and `InvalidCursorError` for what is no entry id.
 */
export abstract class ChangeFeed {
  /**
   * Entries after that one, oldest first.
   * @param entryId of an entry that was told before, or `BEFORE_FIRST_ENTRY`
   * @returns null when some of them may have been trimmed away, or that one was lost with all that Redis held
   */
  abstract after(entryId: string, limit: number): Promise<readonly FeedEntry[] | null>;

  /** Of the latest entry; `BEFORE_FIRST_ENTRY` when there is none. */
  abstract latestId(): Promise<string>;

  /**
   * Every entry after that one as it comes, until the signal ends it. Goes on by itself after Redis was away. One reader
   * for a whole process: whoever needs entries subscribes to `ChangeFeedView`.
   *
   * @param onInterruption told when the feed cannot be read, and when it can be again
   */
  abstract watch(
    entryId: string,
    signal: AbortSignal,
    onInterruption: (isInterrupted: boolean) => void,
  ): AsyncIterable<FeedPiece>;
}
