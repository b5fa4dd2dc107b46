import type { NewFleetEvent } from '@app/instance-store';
import { type Clock, untilAborted } from '@app/platform';
import { isAfter, type LockHold, LockLostError, type StreamPosition } from '@app/redis';
import {
  notStarted,
  type RunStatus,
  type SourceDescription,
  type SyncEvent,
  type SyncEventType,
  type SyncHistoryEntry,
  type SyncPause,
  type SyncSnapshot,
} from '../model/sync-status.js';
import {
  BEFORE_FIRST_EVENT,
  eventPosition,
  feedEntryOf,
  KEPT_RUNS,
  type PublishOptions,
  SyncStatusStore,
} from './sync-status-store.js';

export interface MemorySyncStatusStoreOptions {
  readonly locks: { holds(hold: LockHold): boolean };
  /** The change feed of this process; it gets an entry in the same turn in which the status of a run changes. */
  readonly feed: { emit(event: NewFleetEvent): void } | null;
  /** Events that are kept, about. */
  readonly eventLimit?: number;
}

const EVENT_LIMIT = 5_000;
/** Events beyond the limit that may stand before they are cut off together. */
const EVENT_SLACK = 100;

/** The status of the sync with one source, within one process. */
export class MemorySyncStatusStore extends SyncStatusStore {
  private readonly eventLimit: number;
  private run: RunStatus;
  private paused: SyncPause | null = null;
  private readonly events: SyncEvent[] = [];
  /** The last event that was cut off. */
  private trimmed = BEFORE_FIRST_EVENT;
  private readonly finished: SyncHistoryEntry[] = [];
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly source: SourceDescription,
    private readonly clock: Clock,
    private readonly options: MemorySyncStatusStoreOptions,
  ) {
    super();
    this.run = notStarted(source.kinds);
    this.eventLimit = options.eventLimit ?? EVENT_LIMIT;
  }

  override read(): Promise<SyncSnapshot> {
    return Promise.resolve({ run: this.run, paused: this.paused, eventId: this.latestId() });
  }

  override async publish(
    type: SyncEventType,
    run: RunStatus,
    hold: LockHold,
    { history }: PublishOptions = {},
  ): Promise<void> {
    this.mustHold(hold);
    this.run = run;
    if (history !== undefined) {
      this.finished.unshift(history);
      this.finished.length = Math.min(this.finished.length, KEPT_RUNS);
    }
    this.announce(type);
    const entry = feedEntryOf(this.source.source, type, run, this.clock.timestamp());
    if (entry !== null) this.options.feed?.emit(entry);
  }

  override setPaused(pause: SyncPause | null): Promise<SyncPause | null> {
    if ((pause === null) !== (this.paused === null)) {
      this.paused = pause;
      this.announce(pause === null ? 'sync.resumed' : 'sync.paused');
    }
    return Promise.resolve(this.paused);
  }

  override async eventsAfter(eventId: string, limit: number): Promise<readonly SyncEvent[] | null> {
    const position = eventPosition(eventId);
    const isGone = isAfter(eventPosition(this.trimmed), position) || isAfter(position, eventPosition(this.latestId()));
    return isGone ? null : this.after(position, limit);
  }

  override watch(eventId: string, signal: AbortSignal): AsyncIterable<readonly SyncEvent[]> {
    return this.follow(eventPosition(eventId), signal);
  }

  override history(limit: number): Promise<readonly SyncHistoryEntry[]> {
    return Promise.resolve(this.finished.slice(0, Math.max(0, limit)));
  }

  private async *follow(from: StreamPosition, signal: AbortSignal): AsyncGenerator<readonly SyncEvent[]> {
    let position = from;
    while (!signal.aborted) {
      const events = this.after(position, this.events.length);
      const latest = events.at(-1);
      if (latest === undefined) {
        await this.nextEvent(signal);
      } else {
        position = eventPosition(latest.id);
        yield events;
      }
    }
  }

  private async nextEvent(signal: AbortSignal): Promise<void> {
    let wake: (() => void) | undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
      this.waiting.add(resolve);
    });
    await untilAborted(woken, signal);
    if (wake !== undefined) this.waiting.delete(wake);
  }

  private announce(type: SyncEventType): void {
    const [lastMs, lastN] = eventPosition(this.latestId());
    const now = this.clock.now();
    // Ids never go back, even when the clock does.
    const id = now > lastMs ? `${now}-0` : `${lastMs}-${lastN + 1}`;
    this.events.push({ id, type, at: this.clock.timestamp(), run: this.run, paused: this.paused });
    if (this.events.length > this.eventLimit + EVENT_SLACK) {
      const cut = this.events.splice(0, this.events.length - this.eventLimit);
      this.trimmed = cut.at(-1)?.id ?? this.trimmed;
    }
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  private after(position: StreamPosition, limit: number): readonly SyncEvent[] {
    let from = this.events.length;
    while (from > 0 && isAfter(eventPosition(this.events[from - 1]?.id ?? BEFORE_FIRST_EVENT), position)) from--;
    return this.events.slice(from, from + Math.max(0, limit));
  }

  private latestId(): string {
    return this.events.at(-1)?.id ?? this.trimmed;
  }

  private mustHold(hold: LockHold): void {
    const { lock } = this.source;
    if (!this.options.locks.holds({ ...hold, name: lock })) throw new LockLostError(lock);
  }
}
