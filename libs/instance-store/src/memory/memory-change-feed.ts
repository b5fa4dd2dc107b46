import type { Clock } from '@app/platform';
import type { ChangeType, FeedEntry, FleetNews } from '../change-feed.js';
import type { InstanceRecord } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import { feedPosition } from '../record/feed-position.js';

/** Entries beyond the limit that are let stand before they are cut off together. */
const SLACK = 100;
/** For how long the same news is not told again; of `NEWS` in announce-once.lua.ts. */
const TOLD_KEPT_MS = 48 * 3_600_000;

/** The change feed of one process. Ids never go back, even when the clock does. */
export class MemoryChangeFeed {
  private readonly entries: FeedEntry[] = [];
  /** When each piece of news was told, by its key; epoch milliseconds. */
  private readonly told = new Map<string, number>();
  private lastMs = 0;
  private lastInMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
  ) {}

  announce(type: ChangeType, instanceId: InstanceId, revision: number, record: InstanceRecord | null): void {
    this.push({ entryId: this.nextId(), type, at: this.clock.timestamp(), instanceId, revision, record });
  }

  /** @returns false when that was told under the same key lately */
  announceOnce(key: string, news: FleetNews): boolean {
    if (!this.tellOnce(key)) return false;
    this.push({ entryId: this.nextId(), at: this.clock.timestamp(), ...news });
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

  /** @throws InvalidCursorError */
  after(entryId: string, limit: number): FeedEntry[] {
    const position = feedPosition(entryId);
    let from = this.entries.length;
    while (from > 0 && isAfter(this.entries[from - 1]?.entryId ?? '', position)) from--;
    return this.entries.slice(from, from + Math.max(0, limit));
  }

  private nextId(): string {
    const now = Math.max(this.clock.now(), this.lastMs);
    this.lastInMs = now === this.lastMs ? this.lastInMs + 1 : 0;
    this.lastMs = now;
    return `${now}-${this.lastInMs}`;
  }

  private push(entry: FeedEntry): void {
    this.entries.push(entry);
    if (this.entries.length > this.limit + SLACK) this.entries.splice(0, this.entries.length - this.limit);
  }
}

function isAfter(entryId: string, position: string): boolean {
  const [ms, n] = numbersOf(entryId);
  const [positionMs, positionN] = numbersOf(position);
  return ms > positionMs || (ms === positionMs && n > positionN);
}

function numbersOf(position: string): [ms: number, n: number] {
  const [ms, n] = position.split('-');
  return [Number(ms), Number(n)];
}
