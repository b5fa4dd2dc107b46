import type { Timestamp } from '@app/platform';
import type { InstanceId } from '../record/identity.js';

/** The state of the store that a read from memory needs: how far the feed is, and what moves without a feed entry. */
export interface ReadMark {
  /** Of the feed's latest entry; `BEFORE_FIRST_ENTRY` when there is none. */
  readonly position: string;
  /** Names the store's data; null when no process has named them since the store was empty. */
  readonly incarnation: string | null;
  /** In the order of the ids; null for one that was never used or does not exist. */
  readonly lastUsed: readonly (Timestamp | null)[];
}

/** The part of a record that the store holds beside its document. */
export interface HeldVersion {
  readonly revision: number;
  readonly lastUsedAt: Timestamp | null;
}

/** The marks that distinguish a feed that was trimmed from one that has lost data. */
export interface FeedState {
  readonly incarnation: string | null;
  /** Ids of the first and the latest entry; `BEFORE_FIRST_ENTRY` when there is none. */
  readonly first: string;
  readonly latest: string;
  /** Whether the entry that was asked for is there. */
  readonly holds: boolean;
}

/**
 * About so many reports are kept for readers of the latest uses: some 4 MB where each holds one use, some 30 MB where all hold the
 * ten that one can. Enough for five seconds of ten thousand a second, and readers come every two.
 */
export const USES_KEPT = 50_000;

/** One use, as it was reported: it moved the latest use of its instance forward. */
export interface ReportedUse {
  readonly id: InstanceId;
  readonly at: Timestamp;
}

export interface UsesRead {
  /** Of the last one, to go on after. */
  readonly position: string;
  /** Of the feed's latest entry at that time: the records of all these uses are on the feed up to there. */
  readonly feedPosition: string;
  /** In the order of the reports. */
  readonly uses: readonly ReportedUse[];
  readonly hasMore: boolean;
}

/**
 * Answers what reads from memory ask of the store; no documents. All methods throw `StoreUnavailableError` when the
 * store cannot be reached.
 */
export abstract class ReadMarks {
  /** One round trip, however many ids. */
  abstract read(ids: readonly InstanceId[]): Promise<ReadMark>;

  /** In the order of the ids; null for one that does not exist. One round trip. */
  abstract versions(ids: readonly InstanceId[]): Promise<readonly (HeldVersion | null)[]>;

  /** Where the uses end that were reported so far. */
  abstract latestUse(): Promise<string>;

  /**
   * The uses that were reported after this position, at most some hundred reports at a time. One round trip, whatever the
   * fleet's size.
   * @returns null when some of them may be gone: then `versions` knows the latest uses
   */
  abstract usesAfter(position: string): Promise<UsesRead | null>;

  /** @param position of the entry that is looked for */
  abstract feedState(position: string): Promise<FeedState>;

  /**
   * The name of the store's data, which is made if there is none. A name that is lost with them is never given again.
   */
  abstract incarnation(): Promise<string>;

  /** The instances whose removal is on the feed. */
  abstract removals(): Promise<readonly InstanceId[]>;
}
