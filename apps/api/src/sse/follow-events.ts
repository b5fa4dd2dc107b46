import { compareEventIds } from './event-id.js';
import type { SseConnection } from './sse-connection.js';

/** Events that are kept for a while and pushed to this process, such as those of a Redis stream. */
export interface ResumableEvents<Event> {
  /**
   * Calls the listener for every event from now on, in order. Whatever is pushed is kept, too.
   * @returns ends the subscription
   */
  subscribe(listener: (event: Event) => void): () => void;
  /** Events after that one, oldest first; null when some may be missing because they are not kept any more. */
  eventsAfter(id: string, limit: number): Promise<readonly Event[] | null>;
  /** Of the latest event that is kept. */
  latestId(): Promise<string>;
  idOf(event: Event): string;
  /** The event as the stream carries it. */
  render(event: Event): string;
  /** What a reader gets to begin with, and the id of the latest event that it holds already. */
  current(): { readonly text: string; readonly id: string };
  /** What tells a reader that it cannot go on where it was. */
  reset(): string;
}

/** Older events that are read at a time. */
const PAGE = 50;

/**
 * Sends a reader every event, none of them twice: from the present state on, or after the event that it names. When that
 * one is not kept any more, or was never known, it is told so and begins with the present state. Resolves when all that
 * is older has been sent; from there on events are sent as they are pushed, without a read of what is kept.
 *
 * @param lastEventId a valid id; null for a reader that does not go on
 * @throws whatever `eventsAfter` and `latestId` throw
 */
export async function followEvents<Event>(
  events: ResumableEvents<Event>,
  connection: SseConnection,
  lastEventId: string | null,
): Promise<void> {
  const reader = new Reader(events, connection, lastEventId);
  // First, so that nothing is lost between what is read and what is pushed.
  const unsubscribe = events.subscribe((event) => reader.pushed(event));
  connection.closed.addEventListener('abort', unsubscribe, { once: true });
  if (connection.closed.aborted) {
    unsubscribe();
    return;
  }
  if (lastEventId === null) reader.begin();
  else if (!(await reader.catchUp(lastEventId))) reader.beginAnew();
}

class Reader<Event> {
  /** Of the latest event that was sent or is held by what was sent. */
  private last: string;
  /** Of the latest event that was pushed before the reader had caught up. */
  private newest: string | null = null;
  private isLive = false;

  constructor(
    private readonly events: ResumableEvents<Event>,
    private readonly connection: SseConnection,
    lastEventId: string | null,
  ) {
    this.last = lastEventId ?? '0-0';
  }

  begin(): void {
    const { text, id } = this.events.current();
    this.connection.send(text);
    this.last = id;
    this.isLive = true;
  }

  beginAnew(): void {
    this.connection.send(this.events.reset());
    this.begin();
  }

  pushed(event: Event): void {
    const id = this.events.idOf(event);
    if (!this.isLive) this.newest = id;
    else if (compareEventIds(id, this.last) > 0) this.send(event, id);
  }

  /** @returns false when it cannot be done without a gap */
  async catchUp(lastEventId: string): Promise<boolean> {
    if (await this.isAhead(lastEventId)) return false;
    while (!this.connection.closed.aborted) {
      const known = this.newest;
      const page = await this.events.eventsAfter(this.last, PAGE);
      // What had been pushed before it was asked for must be among what is kept, or that is not what it was.
      if (page === null || (page.length === 0 && isAfter(known, this.last))) return false;
      for (const event of page) {
        // A reader takes older events at its own pace; only what happens now can be too much for it.
        await this.connection.drained();
        this.send(event, this.events.idOf(event));
      }
      if (page.length < PAGE && !isAfter(this.newest, this.last)) {
        this.isLive = true;
        return true;
      }
    }
    return true;
  }

  /** An id from a time that is not here yet: what was kept has been lost since, or it is made up. */
  private async isAhead(id: string): Promise<boolean> {
    return isAfter(id, this.events.current().id) && isAfter(id, await this.events.latestId());
  }

  private send(event: Event, id: string): void {
    this.last = id;
    this.connection.send(this.events.render(event));
  }
}

function isAfter(id: string | null, other: string): boolean {
  return id !== null && compareEventIds(id, other) > 0;
}
