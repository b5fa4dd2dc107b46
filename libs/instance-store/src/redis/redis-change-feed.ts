import { followStream, type RedisConnections, RedisScript, StreamClosedError, type StreamEntry } from '@app/redis';
import type { FeedEntry } from '../change-feed.js';
import { BEFORE_FIRST_ENTRY, ChangeFeed, type FeedPiece } from '../feed/change-feed.port.js';
import { CHANGE_FEED_LIMIT } from '../feed/feed-limit.js';
import { feedPosition } from '../feed/feed-position.js';
import { hashTagOf } from '../keys.js';
import { StoreUnavailableError } from '../store-errors.js';
import { FeedEntryReader } from './feed-entry-reader.js';
import { orStoreError, StoreScripts } from './store-error.js';

const READ_FEED = RedisScript.fromFile(new URL('./lua/read-feed.lua', import.meta.url));

/**
 * For scripts of any feature that announce an event of the fleet together with what it is about, after `base` is defined as
 * the hash tag that all keys share: one entry of the change feed. `limit` is `CHANGE_FEED_LIMIT`; `data` is JSON.
 */
export const TELL_NEWS_FRAGMENT = String.raw`
local function tellNews(limit, type, at, data)
  redis.call('XADD', base .. ':changes', 'MAXLEN', '~', limit, '*', 'type', type, 'at', at, 'data', data)
end
`;

export interface RedisChangeFeedOptions {
  /** Becomes the hash tag of every key. */
  readonly keyPrefix: string;
  /** That of the store that writes the feed. */
  readonly feedLimit?: number;
  /** How long a reader waits for an entry before it makes sure that it still follows the right stream. */
  readonly blockMs?: number;
}

const BLOCK_MS = 15_000;

/** The change feed in Redis: the stream `changes`, which the scripts of the writers append to. */
export class RedisChangeFeed extends ChangeFeed {
  private readonly hashTag: string;
  private readonly limit: number;
  private readonly blockMs: number;
  private readonly entries = new FeedEntryReader();

  constructor(
    private readonly connections: RedisConnections,
    { keyPrefix, feedLimit = CHANGE_FEED_LIMIT, blockMs = BLOCK_MS }: RedisChangeFeedOptions,
  ) {
    super();
    this.hashTag = hashTagOf(keyPrefix);
    this.limit = feedLimit;
    this.blockMs = blockMs;
  }

  override async after(entryId: string, limit: number): Promise<readonly FeedEntry[] | null> {
    const found: FeedEntry[] = [];
    // Again only where entries had to be left out, so that fewer than were asked for always means that there are no more.
    for (let position = feedPosition(entryId); ; ) {
      const wanted = Math.max(0, limit) - found.length;
      const read = await this.read(position, Math.max(1, wanted));
      if (read === null) return null;
      found.push(...this.entries.read(read.slice(0, wanted)).entries);
      const last = read.at(-1);
      if (last === undefined || read.length < wanted || found.length >= limit) return found;
      [position] = last;
    }
  }

  override async latestId(): Promise<string> {
    const [latest] = await orStoreError(
      this.connections.commands.xrevrange(`${this.hashTag}:changes`, '+', '-', 'COUNT', 1),
    );
    return latest?.[0] ?? BEFORE_FIRST_ENTRY;
  }

  override watch(
    entryId: string,
    signal: AbortSignal,
    onInterruption: (isInterrupted: boolean) => void,
  ): AsyncIterable<FeedPiece> {
    return this.follow(feedPosition(entryId), signal, onInterruption);
  }

  private async *follow(
    from: string,
    signal: AbortSignal,
    onInterruption: (isInterrupted: boolean) => void,
  ): AsyncGenerator<FeedPiece> {
    const pieces = followStream(from, {
      connect: () => this.connections.dedicated('change-feed', this.blockMs),
      hashTag: this.hashTag,
      stream: ':changes',
      limit: this.limit,
      blockMs: this.blockMs,
      signal,
      onInterruption: (reason) => onInterruption(reason !== null),
    });
    try {
      for await (const piece of pieces) {
        if (piece.kind === 'lost') {
          yield piece;
          continue;
        }
        const [position] = piece.entries.at(-1) ?? [];
        if (position !== undefined) yield { kind: 'entries', position, ...this.entries.read(piece.entries) };
      }
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
      throw new StoreUnavailableError('the connection that followed the change feed was closed', { cause: error });
    }
  }

  /** @returns null when entries may be missing */
  private async read(position: string, count: number): Promise<readonly StreamEntry[] | null> {
    const [entries] = (await this.scripts().run(READ_FEED, [position, count, this.limit])) as [StreamEntry[]?];
    return entries ?? null;
  }

  private scripts(): StoreScripts {
    return new StoreScripts(this.connections.commands, this.hashTag);
  }
}
