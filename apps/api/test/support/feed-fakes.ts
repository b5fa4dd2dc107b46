import {
  BEFORE_FIRST_ENTRY,
  ChangeFeed,
  ChangeFeedView,
  type ChangeType,
  type FeedEntry,
  type FeedFilter,
  type FeedListener,
  type FeedPage,
  type FeedPiece,
  type InstanceRecord,
  isInstanceChange,
  type NewFleetEvent,
} from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { compareEventIds } from '../../src/core/sse/sse-format.js';

/** The feed as one process follows it, and what is kept of it. */
export class FakeFeedView extends ChangeFeedView {
  readonly kept: FeedEntry[] = [];
  /** How many of the latest entries this process remembers. */
  remembers = 1_000;
  since: Timestamp | null = null;
  /** What `position` says instead of the latest entry that was pushed. */
  pushedTo = BEFORE_FIRST_ENTRY;
  private readonly listeners = new Set<FeedListener>();

  get subscriptions(): number {
    return this.listeners.size;
  }

  override subscribe(listener: FeedListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  override position(): string {
    return this.pushedTo;
  }

  override interruptedSince(): Timestamp | null {
    return this.since;
  }

  override recent(entryId: string, limit: number): readonly FeedEntry[] | null {
    const pushed = this.kept.filter((entry) => compareEventIds(entry.entryId, this.pushedTo) <= 0);
    const known = pushed.slice(Math.max(0, pushed.length - this.remembers));
    const [first] = known;
    const reachesBack = first === undefined ? entryId === this.pushedTo : compareEventIds(entryId, first.entryId) >= 0;
    return reachesBack ? known.filter((entry) => compareEventIds(entry.entryId, entryId) > 0).slice(0, limit) : null;
  }

  /** Keeps an entry of the instance and pushes it to this process. */
  change(entryId: string, type: ChangeType, record: InstanceRecord): FeedEntry {
    const { id: instanceId, revision } = record;
    const written = type === 'instance.removed' ? null : record;
    return this.push(this.keep({ entryId, type, at: atOf(entryId), instanceId, revision, record: written }));
  }

  event(entryId: string, event: NewFleetEvent): FeedEntry {
    return this.push(this.keep({ entryId, at: atOf(entryId), ...event }));
  }

  /** Keeps an entry that has not come to this process yet. */
  keep(entry: FeedEntry): FeedEntry {
    this.kept.push(entry);
    return entry;
  }

  push(entry: FeedEntry): FeedEntry {
    this.pushedTo = entry.entryId;
    for (const listener of this.listeners) listener.entry(entry);
    return entry;
  }

  interrupt(since: Timestamp | null): void {
    this.since = since;
    for (const listener of this.listeners) listener.interrupted(since);
  }

  /** Everything is gone; the feed begins anew. */
  lose(): void {
    this.kept.length = 0;
    this.pushedTo = BEFORE_FIRST_ENTRY;
    for (const listener of this.listeners) listener.lost(BEFORE_FIRST_ENTRY);
  }
}

/** Holds what `FakeFeedView` has kept, and counts how often it is asked. */
export class FakeChangeFeed extends ChangeFeed {
  failure: Error | null = null;
  /** Entries up to this one are not kept any more. */
  trimmedTo: string | null = null;
  reads = 0;
  /** Called before a read answers. */
  beforeRead: () => Promise<void> | void = () => undefined;

  constructor(private readonly view: FakeFeedView) {
    super();
  }

  override async after(entryId: string, limit: number): Promise<readonly FeedEntry[] | null> {
    this.reads++;
    if (this.failure !== null) throw this.failure;
    const isTrimmed = this.trimmedTo !== null && compareEventIds(entryId, this.trimmedTo) < 0;
    const found = this.view.kept.filter((entry) => compareEventIds(entry.entryId, entryId) > 0).slice(0, limit);
    await this.beforeRead();
    return isTrimmed ? null : found;
  }

  override async before(entryId: string | null, limit: number, wants: FeedFilter = () => true): Promise<FeedPage> {
    if (this.failure !== null) throw this.failure;
    const earlier = this.view.kept.filter((entry) => entryId === null || compareEventIds(entry.entryId, entryId) < 0);
    const read = earlier.toReversed().slice(0, limit);
    return {
      entries: read.filter((entry) => wants(entry.type, isInstanceChange(entry) ? entry.instanceId : null)),
      latest: read[0]?.entryId ?? null,
      next: read.length < earlier.length ? (read.at(-1)?.entryId ?? null) : null,
    };
  }

  override async latestId(): Promise<string> {
    if (this.failure !== null) throw this.failure;
    return this.view.kept.at(-1)?.entryId ?? BEFORE_FIRST_ENTRY;
  }

  override async oldest(): Promise<null> {
    throw new Error('ChangeFeed.oldest is not expected to be called by the API');
  }

  override watch(): AsyncIterable<FeedPiece> {
    throw new Error('ChangeFeed.watch is not expected to be called by the API');
  }
}

function atOf(entryId: string): Timestamp {
  return timestampFromMs(Number(entryId.split('-')[0]));
}
