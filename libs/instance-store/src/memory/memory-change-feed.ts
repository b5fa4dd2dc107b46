import { type Clock, traceCarrier, untilAborted } from '@app/platform';
import { isAfter, streamPosition } from '@app/redis';
import type { ChangeType, FeedEntry, FleetEvents, NewFleetEvent } from '../ports/change-feed.port.js';
import {
  BEFORE_FIRST_ENTRY,
  CHANGE_FEED_LIMIT,
  ChangeFeed,
  type FeedFilter,
  type FeedPage,
  type FeedPiece,
  feedPosition,
  isInstanceChange,
  type OldestEntry,
} from '../ports/change-feed.port.js';
import type { InstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { MemoryUses } from './memory-uses.js';

/** Entries beyond the limit that are let stand before they are cut off together. */
const SLACK = 100;
/** For so long no event is emitted again under the same key; as in feed.lua. */
const EVENT_KEYS_KEPT_MS = 48 * 3_600_000;

/** The change feed of one process. Ids never go back, even when the clock does. */
export class MemoryChangeFeed extends ChangeFeed implements FleetEvents {
  /** Uses make no entry; they are kept beside. */
  readonly uses = new MemoryUses();
  private readonly entries: FeedEntry[] = [];
  /** When an event was emitted under each key; epoch milliseconds. */
  private readonly emittedMs = new Map<string, number>();
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

  /** Emits a change of one record. */
  emitChange(type: ChangeType, instanceId: InstanceId, revision: number, record: InstanceRecord | null): void {
    const entry = { entryId: this.nextId(), type, at: this.clock.timestamp(), instanceId, revision, record };
    const trace = traceCarrier();
    this.push(trace === null ? entry : { ...entry, trace });
  }

  /** Emits an event of the fleet, in the same turn as the change that it is about. */
  emit(event: NewFleetEvent): void {
    this.push({ entryId: this.nextId(), at: this.clock.timestamp(), ...event });
  }

  async emitOnce(key: string, event: NewFleetEvent): Promise<boolean> {
    if (!this.claimEvent(key)) return false;
    this.emit(event);
    return true;
  }

  /** Whether the event of this key may be emitted now: once in 48 hours. The answer counts as emitted. */
  claimEvent(key: string): boolean {
    const now = this.clock.now();
    // In the order in which they were emitted, so that the first one that is kept ends the search.
    for (const [known, emittedMs] of this.emittedMs) {
      if (now - emittedMs < EVENT_KEYS_KEPT_MS) break;
      this.emittedMs.delete(known);
    }
    if (this.emittedMs.has(key)) return false;
    this.emittedMs.set(key, now);
    return true;
  }

  override async after(entryId: string, limit: number): Promise<readonly FeedEntry[] | null> {
    return this.read(feedPosition(entryId), limit);
  }

  override async before(entryId: string | null, limit: number, wants: FeedFilter = () => true): Promise<FeedPage> {
    const end = entryId === null ? this.entries.length : this.placeBefore(feedPosition(entryId));
    const start = Math.max(0, end - limit);
    const read = this.entries.slice(start, end).toReversed();
    return {
      entries: read.filter((entry) => wants(entry.type, isInstanceChange(entry) ? entry.instanceId : null)),
      latest: read[0]?.entryId ?? null,
      next: start === 0 ? null : (read.at(-1)?.entryId ?? null),
    };
  }

  /** How many entries are earlier. */
  private placeBefore(position: string): number {
    const at = streamPosition(position) ?? [0, 0];
    return this.entries.findLastIndex(({ entryId }) => isAfter(at, streamPosition(entryId) ?? at)) + 1;
  }

  override async latestId(): Promise<string> {
    return this.entries.at(-1)?.entryId ?? BEFORE_FIRST_ENTRY;
  }

  override async oldest(): Promise<OldestEntry | null> {
    const [oldest] = this.entries;
    return oldest === undefined ? null : { position: oldest.entryId, entries: [oldest] };
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
