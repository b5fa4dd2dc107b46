import { Clock, Lifelong, Listeners, oneLine, type Timestamp, untilAborted } from '@app/platform';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { FeedEntry } from '../change-feed.js';
import { BEFORE_FIRST_ENTRY, ChangeFeed } from './change-feed.port.js';
import { ChangeFeedView, type FeedListener } from './change-feed-view.js';
import { RecentEntries } from './recent-entries.js';

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
    onFault: (error) => this.fail(error),
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

  /** Nest ends global modules in no order of their imports: the connection may be closed before this is stopped. */
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
    // Whoever listens already counts on every entry since.
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
        for (const entry of piece.entries) this.take(entry);
        this.at = piece.position;
        this.listeners.tell((listener) => listener.advanced?.(piece.position, piece.unread));
      }
    }
  }

  private take(entry: FeedEntry): void {
    this.at = entry.entryId;
    this.remembered.add(entry);
    this.listeners.tell((listener) => listener.entry(entry));
  }

  private goOn(position: string): void {
    this.at = position;
    this.remembered.restart(position);
    this.listeners.tell((listener) => listener.lost(position));
  }

  private interrupted(isInterrupted: boolean): void {
    if (isInterrupted === (this.interruptedAt !== null)) return;
    this.interruptedAt = isInterrupted ? this.clock.timestamp() : null;
    this.listeners.tell((listener) => listener.interrupted(this.interruptedAt));
  }

  private fail(error: unknown): void {
    if (this.interruptedAt === null && !this.isEnding) {
      const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
      this.logger.warn(`The change feed cannot be followed at present: ${reason}`);
    }
    this.interrupted(true);
  }
}
