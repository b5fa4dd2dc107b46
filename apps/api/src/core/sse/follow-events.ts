import type { EventListener, ResumableEvents } from './resumable-events.js';
import type { SseConnection } from './sse-connection.js';
import { compareEventIds } from './sse-format.js';

/** Older events that are read at a time. */
const PAGE = 50;
/** How often a reader begins anew before it is disconnected: each time more happened than is kept. */
const MAX_RESETS = 3;

/** More happened while the present state was sent than is kept of it, time and again. */
export class OutrunError extends Error {
  override readonly name = 'OutrunError';
}

/**
 * Sends a reader every event that it wants, none of them twice: from now on, or after the event that it names. When that
 * one is not kept any more, or was never known, it gets a `reset` and begins anew with the present state. Resolves when all
 * that is older has been sent; from there on events are sent as they are pushed, without a read of what is kept.
 *
 * @param lastEventId a valid id; null for a reader that does not go on
 * @throws OutrunError, and whatever `eventsAfter`, `latestId` and `present` throw
 */
export async function followEvents<Event>(
  events: ResumableEvents<Event>,
  connection: SseConnection,
  lastEventId: string | null,
): Promise<void> {
  const reader = new Reader(events, connection, lastEventId);
  // First, so that nothing is lost between what is read and what is pushed.
  const unsubscribe = events.subscribe(reader);
  connection.closed.addEventListener('abort', unsubscribe, { once: true });
  if (connection.closed.aborted) {
    unsubscribe();
    return;
  }
  connection.carry(() => reader.unsentPosition());
  if (lastEventId === null) reader.begin();
  else await reader.resume(lastEventId);
}

class Reader<Event> implements EventListener<Event> {
  /** Of the latest event that was sent, left out, or is held by what was sent. */
  private last: string;
  /** Of the latest event that was pushed before the reader had caught up. */
  private newest: string | null = null;
  private isLive = false;
  /** Whether `last` is where the reader can go on, although it does not know it. */
  private isUnsent = false;

  constructor(
    private readonly source: ResumableEvents<Event>,
    private readonly connection: SseConnection,
    lastEventId: string | null,
  ) {
    this.last = lastEventId ?? '0-0';
  }

  events(events: readonly Event[]): void {
    if (this.isLive) this.send(this.later(events));
    else this.newest = this.idOfLast(events) ?? this.newest;
  }

  control(text: string): void {
    this.connection.send(text);
  }

  lost(): void {
    this.connection.finish('lost');
  }

  /** For a heartbeat, so that a reader that wants few events does not come back with an id of long ago. */
  unsentPosition(): string | null {
    if (!this.isUnsent) return null;
    this.isUnsent = false;
    return this.source.position?.(this.last) ?? this.last;
  }

  begin(): void {
    const { text, id } = this.source.begin();
    this.connection.send(text);
    this.last = id;
    this.isLive = true;
  }

  async resume(lastEventId: string): Promise<void> {
    this.connection.send(this.source.resume());
    if (!(await this.isAhead(lastEventId)) && (await this.catchUp())) return;
    for (let resets = 0; resets < MAX_RESETS; resets++) if (await this.beginAnew()) return;
    throw new OutrunError('a reader could not keep up with what happens');
  }

  /** @returns false when more happened meanwhile than is kept */
  private async beginAnew(): Promise<boolean> {
    this.isUnsent = false;
    this.connection.send(this.source.reset());
    const present = this.source.present();
    if (present === null) {
      this.begin();
      return true;
    }
    const { id, pieces } = await present;
    for await (const piece of pieces) {
      await this.connection.drained();
      if (!this.connection.isOpen) return true;
      this.connection.send(piece);
    }
    this.last = id;
    return this.catchUp();
  }

  /** @returns false when it cannot be done without a gap */
  private async catchUp(): Promise<boolean> {
    while (this.connection.isOpen) {
      const known = this.newest;
      const page = await this.source.eventsAfter(this.last, PAGE);
      // An event that was pushed before must be among the kept ones, or these are not the same stream any more.
      if (page === null || (page.length === 0 && isAfter(known, this.last))) return false;
      for (const event of page) {
        // A reader takes older events at its own pace; only what happens now can be too much for it.
        await this.connection.drained();
        this.send([event]);
      }
      if (page.length < PAGE && !isAfter(this.newest, this.last)) {
        this.isLive = true;
        return true;
      }
    }
    return true;
  }

  /** An id later than every kept one: events have been lost since, or the id is made up. */
  private async isAhead(id: string): Promise<boolean> {
    return isAfter(id, this.source.knownId()) && isAfter(id, await this.source.latestId());
  }

  /** The same array when all of them are: its text is made once for all readers. */
  private later(events: readonly Event[]): readonly Event[] {
    const [first] = events;
    if (first !== undefined && isAfter(this.source.idOf(first), this.last)) return events;
    return events.filter((event) => isAfter(this.source.idOf(event), this.last));
  }

  private send(events: readonly Event[]): void {
    const latest = events.at(-1);
    if (latest === undefined) return;
    this.last = this.source.idOf(latest);
    this.isUnsent = !this.source.wants(latest);
    this.connection.send(this.source.render(events));
  }

  private idOfLast(events: readonly Event[]): string | null {
    const latest = events.at(-1);
    return latest === undefined ? null : this.source.idOf(latest);
  }
}

function isAfter(id: string | null, other: string): boolean {
  return id !== null && compareEventIds(id, other) > 0;
}
