import { type Clock, untilAborted } from '@app/platform';
import type { ChangeType, FeedEntry, FleetNews } from '../change-feed.js';
import { BEFORE_FIRST_ENTRY, ChangeFeed, type FeedPiece } from '../feed/change-feed.port.js';
import { CHANGE_FEED_LIMIT } from '../feed/feed-limit.js';
import { feedPosition } from '../feed/feed-position.js';
import type { FleetEvents } from '../feed/fleet-events.port.js';
import type { InstanceRecord } from '../instance.js';
import type { InstanceId } from '../instance-id.js';

/** Entries beyond the limit that are let stand before they are cut off together. */
const SLACK = 100;
/** For how long the same news is not told again; as in told.lua. */
const TOLD_KEPT_MS = 48 * 3_600_000;

/** The change feed of one process. Ids never go back, even when the clock does. */
export class MemoryChangeFeed extends ChangeFeed implements FleetEvents {
  private readonly entries: FeedEntry[] = [];
  /** When each piece of news was told, by its key; epoch milliseconds. */
  private readonly told = new Map<string, number>();
  private readonly waiting = new Set<() => void>();
  private wasTrimmed = false;
  private lastMs = 0;
  private lastInMs = 0;

  /** @param limit entries that are kept, about */
  constructor(
    private readonly clock: Clock,
    private readonly limit = CHANGE_FEED_LIMIT,
  ) {
    super();
  }

  announce(type: ChangeType, instanceId: InstanceId, revision: number, record: InstanceRecord | null): void {
    this.push({ entryId: this.nextId(), type, at: this.clock.timestamp(), instanceId, revision, record });
  }

  /** Puts news of the fleet on the feed, in the same turn as whatever it is about. */
  tell(news: FleetNews): void {
    this.push({ entryId: this.nextId(), at: this.clock.timestamp(), ...news });
  }

  async emitOnce(key: string, event: FleetNews): Promise<boolean> {
    if (!this.tellOnce(key)) return false;
    this.tell(event);
    return true;
  }

  /** Whether something is told now: not when it was told under the same key lately. */
  tellOnce(key: string): boolean {
    const now = this.clock.now();
    // In the order in which they were told, so that the first one that is kept ends the search.
    for (const [known, toldMs] of this.told) {
      if (now - toldMs < TOLD_KEPT_MS) break;
      this.told.delete(known);
    }
    if (this.told.has(key)) return false;
    this.told.set(key, now);
    return true;
  }

  override async after(entryId: string, limit: number): Promise<readonly FeedEntry[] | null> {
    return this.read(feedPosition(entryId), limit);
  }

  override async latestId(): Promise<string> {
    return this.entries.at(-1)?.entryId ?? BEFORE_FIRST_ENTRY;
  }

  override watch(entryId: string, signal: AbortSignal): AsyncIterable<FeedPiece> {
    return this.follow(feedPosition(entryId), signal);
  }

  private async *follow(from: string, signal: AbortSignal): AsyncGenerator<FeedPiece> {
    let position = from;
    while (!signal.aborted) {
      const entries = this.read(position, this.entries.length);
      if (entries === null) {
        position = await this.latestId();
        yield { kind: 'lost', position };
      } else if (entries.length > 0) {
        position = entries.at(-1)?.entryId ?? position;
        yield { kind: 'entries', entries, position, unread: [] };
      } else {
        await this.nextEntry(signal);
      }
    }
  }

  private async nextEntry(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.add(resolve);
    await untilAborted(promise, signal);
    this.waiting.delete(resolve);
  }

  private read(position: string, limit: number): readonly FeedEntry[] | null {
    if (position === BEFORE_FIRST_ENTRY) return this.wasTrimmed ? null : this.entries.slice(0, Math.max(0, limit));
    // Most readers are close behind the latest entry.
    const place = this.entries.findLastIndex(({ entryId }) => entryId === position);
    return place === -1 ? null : this.entries.slice(place + 1, place + 1 + Math.max(0, limit));
  }

  private nextId(): string {
    const now = Math.max(this.clock.now(), this.lastMs);
    this.lastInMs = now === this.lastMs ? this.lastInMs + 1 : 0;
    this.lastMs = now;
    return `${now}-${this.lastInMs}`;
  }

  private push(entry: FeedEntry): void {
    this.entries.push(entry);
    if (this.entries.length > this.limit + SLACK) {
      this.entries.splice(0, this.entries.length - this.limit);
      this.wasTrimmed = true;
    }
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}
