import { delay, untilAborted } from '@app/platform';
import type { Redis } from 'ioredis';
import { RedisScript } from '../protocol/redis-script.js';

/** The position before the first entry of a stream. */
export const STREAM_START = '0-0';

/** An entry's place in a stream: milliseconds, and a count within them. */
export type StreamPosition = readonly [ms: number, n: number];

/**
 * @param entryId `<ms>-<n>`; may come from a client
 * @returns null for what is no id of an entry; never throws
 */
export function streamPosition(entryId: string): StreamPosition | null {
  const parts = /^(\d{1,15})-(\d{1,15})$/.exec(entryId);
  return parts === null ? null : [Number(parts[1]), Number(parts[2])];
}

export function isAfter([ms, n]: StreamPosition, [otherMs, otherN]: StreamPosition): boolean {
  return ms > otherMs || (ms === otherMs && n > otherN);
}

const IS_WHOLE_AFTER = RedisScript.fromFile(new URL('./is-whole-after.lua', import.meta.url));
const LATEST_ENTRY_ID = RedisScript.fromFile(new URL('./latest-entry-id.lua', import.meta.url));

/** An entry of a stream as Redis answers it: its id, then names and values in turn. */
export type StreamEntry = readonly [entryId: string, fields: readonly string[]];

export type StreamPiece =
  | { readonly kind: 'entries'; readonly entries: readonly StreamEntry[] }
  /** Entries after the position may be lost: trimmed away, or gone with all that Redis held. It goes on after this one. */
  | { readonly kind: 'lost'; readonly position: string };

/** Thrown when somebody else closed the connection of a follower. */
export class StreamClosedError extends Error {
  override readonly name = 'StreamClosedError';
}

export interface FollowStreamOptions {
  /** Makes a connection that waits for Redis as long as it takes. It is closed here. */
  readonly connect: () => Redis;
  /** Such as `{novita-fleet}`. */
  readonly hashTag: string;
  /** The rest of the stream's key, such as `:changes`. */
  readonly stream: string;
  /** The cap of the stream: trimming never leaves fewer entries. */
  readonly limit: number;
  /** How long a reader waits for an entry before it makes sure that it still follows the right stream. */
  readonly blockMs: number;
  readonly signal: AbortSignal;
  /** Called with the reason when the stream cannot be read, once for each outage, and with null when it can be: at first, and again. */
  readonly onInterruption?: (reason: unknown) => void;
}

/** Entries taken at a time. */
const BATCH = 100;
const PAUSE_AFTER_ERROR_MS = 1_000;

/**
 * Every entry after that one as it comes, until the signal ends it, over a connection of its own. Goes on by itself after
 * Redis was away. Whether entries were lost on the way is asked with every read, in the same round trip.
 *
 * @param from id of an entry, or `STREAM_START`
 * @throws StreamClosedError
 */
export async function* followStream(from: string, options: FollowStreamOptions): AsyncGenerator<StreamPiece> {
  const { signal } = options;
  if (signal.aborted) return;
  const connection = options.connect();
  const close = (): void => connection.disconnect();
  signal.addEventListener('abort', close, { once: true });
  const outage = new ReadOutage(connection, options.onInterruption);
  const reader = new StreamReader(connection, options);
  let position = from;
  // A read from a position that is not there waits for nothing.
  let isSure = false;
  try {
    while (!signal.aborted) {
      try {
        const piece = await untilAborted(reader.piece(position, isSure), signal);
        isSure = true;
        outage.over();
        if (piece === null) continue;
        position = piece.kind === 'lost' ? piece.position : (piece.entries.at(-1)?.[0] ?? position);
        yield piece;
      } catch (error) {
        if (signal.aborted) return;
        if (connection.status === 'end') {
          throw new StreamClosedError('the connection that followed a stream was closed', { cause: error });
        }
        outage.begin(error);
        isSure = false;
        await delay(PAUSE_AFTER_ERROR_MS, signal);
      }
    }
  } finally {
    outage.forget();
    signal.removeEventListener('abort', close);
    close();
  }
}

class StreamReader {
  constructor(
    private readonly connection: Redis,
    private readonly options: FollowStreamOptions,
  ) {}

  /**
   * @param isSure whether the position is known to be in the stream; otherwise that alone is asked
   * @returns null when nothing came
   */
  async piece(position: string, isSure: boolean): Promise<StreamPiece | null> {
    // A connection whose other end went away without a word answers nothing, not even that nothing came. ioredis sends the
    // commands again over the next connection.
    const silence = setInterval(() => {
      if (this.connection.status === 'ready') this.connection.disconnect(true);
    }, this.options.blockMs * 2);
    try {
      return await (isSure ? this.next(position) : this.loss(position));
    } finally {
      clearInterval(silence);
    }
  }

  private async next(position: string): Promise<StreamPiece | null> {
    // Sent together, carried out one after the other: an entry that is there after the read was there at it.
    const [entries, loss] = await Promise.all([this.read(position), this.loss(position)]);
    if (loss !== null) return loss;
    return entries.length === 0 ? null : { kind: 'entries', entries };
  }

  /** @returns null when every entry after that position is still there */
  private async loss(position: string): Promise<StreamPiece | null> {
    const { hashTag, stream, limit } = this.options;
    if ((await IS_WHOLE_AFTER.run(this.connection, [hashTag], [stream, position, limit])) === 1) return null;
    const latest = (await LATEST_ENTRY_ID.run(this.connection, [hashTag], [stream])) as string;
    return { kind: 'lost', position: latest };
  }

  private async read(position: string): Promise<readonly StreamEntry[]> {
    const { hashTag, stream, blockMs } = this.options;
    const key = `${hashTag}${stream}`;
    const reply = await this.connection.xread('COUNT', BATCH, 'BLOCK', blockMs, 'STREAMS', key, position);
    return reply?.[0]?.[1] ?? [];
  }
}

/** A connection that breaks and is made anew within this time has been no outage. */
const GRACE_MS = 1_000;

/**
 * Reports when a reader that waits for ever cannot read. Its commands do not fail while Redis is away, so the connection
 * itself is watched.
 */
export class ReadOutage {
  /** The state that was reported last; null at the beginning, when it is not known. */
  private isOut: boolean | null = null;
  private cause: unknown = null;
  private timer: NodeJS.Timeout | null = null;

  /** @param report called with the reason once for each outage, and with null when it is over, and at the first read */
  constructor(
    private readonly connection: Redis,
    private readonly report: (reason: unknown) => void = () => undefined,
  ) {
    connection.on('error', this.remember).on('close', this.suspect).on('ready', this.over);
  }

  begin(reason: unknown): void {
    this.stopWaiting();
    if (this.isOut === true) return;
    this.isOut = true;
    this.report(reason);
  }

  forget(): void {
    this.stopWaiting();
    this.connection.off('error', this.remember).off('close', this.suspect).off('ready', this.over);
  }

  /** Of the connection as of a read: what was asked before is asked again over a new connection, and can take a while. */
  readonly over = (): void => {
    this.stopWaiting();
    this.cause = null;
    if (this.isOut === false) return;
    this.isOut = false;
    this.report(null);
  };

  private readonly remember = (error: unknown): void => void (this.cause = error);

  private readonly suspect = (): void => {
    if (this.isOut === true) return;
    this.timer ??= setTimeout(() => this.begin(this.cause ?? new Error('the connection to Redis was lost')), GRACE_MS);
  };

  private stopWaiting(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
