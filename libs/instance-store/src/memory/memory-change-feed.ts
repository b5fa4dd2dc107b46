import type { Clock } from '@app/platform';
import type { ChangeType, InstanceChange } from '../change-feed.js';
import type { InstanceRecord } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import { feedPosition } from '../record/feed-position.js';

/** Entries beyond the limit that are let stand before they are cut off together. */
const SLACK = 100;

/** The change feed of one process. Ids never go back, even when the clock does. */
export class MemoryChangeFeed {
  private readonly entries: InstanceChange[] = [];
  private lastMs = 0;
  private lastInMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
  ) {}

  announce(type: ChangeType, instanceId: InstanceId, revision: number, record: InstanceRecord | null): void {
    const now = Math.max(this.clock.now(), this.lastMs);
    this.lastInMs = now === this.lastMs ? this.lastInMs + 1 : 0;
    this.lastMs = now;
    const entryId = `${now}-${this.lastInMs}`;
    this.entries.push({ entryId, type, at: this.clock.timestamp(), instanceId, revision, record });
    if (this.entries.length > this.limit + SLACK) this.entries.splice(0, this.entries.length - this.limit);
  }

  /** @throws InvalidCursorError */
  after(entryId: string, limit: number): InstanceChange[] {
    const position = feedPosition(entryId);
    let from = this.entries.length;
    while (from > 0 && isAfter(this.entries[from - 1]?.entryId ?? '', position)) from--;
    return this.entries.slice(from, from + Math.max(0, limit));
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
