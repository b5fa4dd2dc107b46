import { Clock, Lifelong, Listeners, oneLine, type Timestamp, untilAborted } from '@app/platform';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { BEFORE_FIRST_ENTRY, ChangeFeed, type FeedEntry } from '../ports/change-feed.port.js';
import type { InstanceId } from '../record/identity.js';

/** So many entries are remembered, about. */
const MAX_REMEMBERED = 2_000;
/** Entries beyond that limit that are kept until they are forgotten together. */
const SLACK = 200;

/** A listener must not throw and must be quick: all listeners of a process share one reader of the feed. */
export interface FeedListener {
  /** For every entry from the subscription on, in order. */
  entry(entry: FeedEntry): void;
  /**
   * The feed was read up to that position, for listeners that must know how far they are.
   * @param unread the instances whose entries could not be understood
   */
  advanced?(position: string, unread: readonly InstanceId[]): void;
  /** Entries may have been lost; the feed goes on after this position. */
  lost(position: string): void;
  /** The feed cannot be read since then; null: it can be read again, and nothing was lost unless `lost` says so. */
  interrupted(since: Timestamp | null): void;
}

/** The feed as this process follows it: one reader for all listeners. */
export abstract class ChangeFeedView {
  /** @returns ends the subscription */
  abstract subscribe(listener: FeedListener): () => void;

  /** Of the latest entry that this process has read; `BEFORE_FIRST_ENTRY` before the first. */
  abstract position(): string;

  /** Since when the feed cannot be read; null while it is followed. */
  abstract interruptedSince(): Timestamp | null;

  /**
   * Entries after that one, out of the latest ones that this process remembers: so a reader that was disconnected for a
   * moment costs no round trip.
   * @returns null when they do not reach back that far
   */
  abstract recent(entryId: string, limit: number): readonly FeedEntry[] | null;
}

/** Follows the feed from its latest entry on, for as long as the process lives. */
@Injectable()
export class FollowingChangeFeed
  extends ChangeFeedView
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('ChangeFeed');
  private readonly listeners = new Listeners<FeedListener>((error) => {
    this.logger.error('A listener to the change feed failed', { position: this.at, err: error });
  });
  private readonly following = new Lifelong({
    begin: (signal) => this.begin(signal),
    follow: (signal) => this.follow(signal),
    onError: (error) => this.fail(error),
  });
  private readonly remembered = new RecentEntries();
  private at = BEFORE_FIRST_ENTRY;
  private interruptedAt: Timestamp | null = null;
  private isEnding = false;

  constructor(
    private readonly feed: ChangeFeed,
    private readonly clock: Clock,
  ) {
    super();
  }

  override subscribe(listener: FeedListener): () => void {
    return this.listeners.add(listener);
  }

  override position(): string {
    return this.at;
  }

  override interruptedSince(): Timestamp | null {
    return this.interruptedAt;
  }

  override recent(entryId: string, limit: number): readonly FeedEntry[] | null {
    return this.remembered.after(entryId, limit);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.following.start();
  }

  /**
   * Nest does not end global modules in the order of their imports: the connection may be closed before this is
   * stopped.
   */
  beforeApplicationShutdown(): void {
    this.isEnding = true;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.following.stop();
  }

  private async begin(signal: AbortSignal): Promise<void> {
    const latest = await untilAborted(this.feed.latestId(), signal);
    if (latest === null) return;
    this.interrupted(false);
    // Those that listen already rely on every entry since.
    this.goOn(latest);
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const pieces = this.feed.watch(this.at, signal, (isInterrupted) => this.interrupted(isInterrupted));
    for await (const piece of pieces) {
      this.interrupted(false);
      if (piece.kind === 'lost') {
        this.logger.warn(`The change feed does not know ${this.at} any more; it goes on after ${piece.position}`);
        this.goOn(piece.position);
      } else {
        for (const entry of piece.entries) this.hear(entry);
        this.at = piece.position;
        this.listeners.emit((listener) => listener.advanced?.(piece.position, piece.unread));
      }
    }
  }

  private hear(entry: FeedEntry): void {
    this.at = entry.entryId;
    this.remembered.add(entry);
    this.listeners.emit((listener) => listener.entry(entry));
  }

  private goOn(position: string): void {
    this.at = position;
    this.remembered.restart(position);
    this.listeners.emit((listener) => listener.lost(position));
  }

  private interrupted(isInterrupted: boolean): void {
    if (isInterrupted === (this.interruptedAt !== null)) return;
    this.interruptedAt = isInterrupted ? this.clock.timestamp() : null;
    this.listeners.emit((listener) => listener.interrupted(this.interruptedAt));
  }

  private fail(error: unknown): void {
    if (this.interruptedAt === null && !this.isEnding) {
      const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
      this.logger.warn(`The change feed cannot be followed at present: ${reason}`);
    }
    this.interrupted(true);
  }
}

/** The latest entries of the feed, without a gap. */
export class RecentEntries {
  private entries: FeedEntry[] = [];
  /** Of the entry before the first that is remembered; null before it is known where they begin. */
  private floor: string | null = null;

  /** @param limit entries that are remembered, about */
  constructor(private readonly limit = MAX_REMEMBERED) {}

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
    // Most readers were disconnected for a moment only.
    const place = this.entries.findLastIndex((entry) => entry.entryId === entryId);
    return place === -1 ? null : this.entries.slice(place + 1, place + 1 + most);
  }
}
