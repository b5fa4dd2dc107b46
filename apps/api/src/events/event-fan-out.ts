import { ChangeFeedView, type FeedEntry, type FeedListener, StoreAvailability } from '@app/instance-store';
import { Clock, type Timestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { EventListener } from '../core/sse/resumable-events.js';
import { degradedText, restoredText } from './event-texts.js';

/** Entries that are handed on in one turn of the event loop, so that sockets get to send them in between. */
const BATCH = 20;
/** Entries that wait to be handed on; past that it is cheaper to have all readers come back. */
const MAX_PENDING = 5_000;
/** Events within this time, times the number of readers, are emitted together: a write to each reader costs most. */
const WINDOW_MS_PER_READER = 0.05;
const MAX_WINDOW_MS = 100;

/**
 * Emits the events of the feed to all readers of this process: one subscription, however many readers there are. With few
 * of them each event is emitted at once, with very many those of some milliseconds are emitted together.
 */
@Injectable()
export class EventFanOut implements FeedListener {
  private readonly listeners = new Set<EventListener<FeedEntry>>();
  private unsubscribe: () => void = () => undefined;
  /** As the listeners know it. */
  private isDegraded = false;
  private pending: FeedEntry[] = [];
  private cancel: (() => void) | null = null;
  /** Of `performance.now()`. */
  private emittedAt = 0;

  constructor(
    private readonly view: ChangeFeedView,
    private readonly clock: Clock,
    private readonly availability: StoreAvailability,
  ) {
    availability.subscribe(() => this.interrupted());
  }

  /**
   * Since when events may be late; null while they are not. The feed and other questions to the store go over
   * connections of their own, so each may find out first, and the feed may be read again before what was accepted while
   * the store was away is in it.
   */
  degradedSince(): Timestamp | null {
    const { state, lastContact } = this.availability;
    const isAway = state === 'degraded' || state === 'recovering';
    return this.view.interruptedSince() ?? (isAway ? lastContact : null);
  }

  /** @returns ends the subscription */
  subscribe(listener: EventListener<FeedEntry>): () => void {
    if (this.listeners.size === 0) {
      this.unsubscribe = this.view.subscribe(this);
      // A new reader gets to know it with its first event.
      this.isDegraded = this.degradedSince() !== null;
    }
    this.listeners.add(listener);
    return () => {
      if (!this.listeners.delete(listener) || this.listeners.size > 0) return;
      this.unsubscribe();
      this.drop();
    };
  }

  entry(entry: FeedEntry): void {
    this.pending.push(entry);
    if (this.pending.length > MAX_PENDING) this.lost();
    else if (this.cancel === null) this.schedule();
  }

  /** No reader can go on without a gap; one that comes back begins anew, or gets what it lacks after all. */
  lost(): void {
    this.drop();
    for (const listener of this.listeners) listener.lost();
  }

  /** Once for each outage, whichever connection finds out. */
  interrupted(): void {
    const since = this.degradedSince();
    if (this.isDegraded === (since !== null)) return;
    this.isDegraded = since !== null;
    const text = since === null ? restoredText(this.clock.timestamp()) : degradedText(since);
    for (const listener of this.listeners) listener.control(text);
  }

  private schedule(): void {
    const window = Math.min(MAX_WINDOW_MS, this.listeners.size * WINDOW_MS_PER_READER);
    const wait = this.emittedAt + window - performance.now();
    if (wait < 1) {
      const soon = setImmediate(() => this.emit());
      this.cancel = () => clearImmediate(soon);
    } else {
      const later = setTimeout(() => this.emit(), wait);
      this.cancel = () => clearTimeout(later);
    }
  }

  private emit(): void {
    const batch = this.pending.slice(0, BATCH);
    this.pending = this.pending.slice(BATCH);
    for (const listener of this.listeners) listener.events(batch);
    this.cancel = null;
    if (this.pending.length === 0) this.emittedAt = performance.now();
    else this.schedule();
  }

  private drop(): void {
    this.pending = [];
    this.cancel?.();
    this.cancel = null;
  }
}
