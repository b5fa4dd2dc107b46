/** Events as the stream carries them; bytes when the same are sent to many readers. */
export type StreamText = string | Buffer;

/** Follows events as they are pushed. Must not throw and must be quick: many listen. */
export interface EventListener<Event> {
  /** One or more, in order; every listener gets the same array. */
  events(events: readonly Event[]): void;
  /** For every reader at once; no event of the sequence. */
  control(text: string): void;
  /** Events may be missing from here on, so that nobody can go on. */
  lost(): void;
}

/** The present state in pieces; what comes after the event of this id is not in it, or is sent once more. */
export interface PresentState {
  readonly id: string;
  /** The last piece names the id; a reader that has not got it has no position yet. */
  readonly pieces: AsyncIterable<StreamText>;
}

/** Events that are kept for a while and pushed to this process, such as those of a Redis stream, for one reader of them. */
export interface ResumableEvents<Event> {
  /**
   * Listens from now on. Pushed events are kept, too.
   * @returns ends the subscription
   */
  subscribe(listener: EventListener<Event>): () => void;
  /** Events after that one, oldest first; null when some may be missing because they are not kept any more. */
  eventsAfter(id: string, limit: number): Promise<readonly Event[] | null>;
  /** Of the latest event that is kept. */
  latestId(): Promise<string>;
  /** Of the latest event that this process knows. */
  knownId(): string;
  idOf(event: Event): string;
  /** How a reader names the position after this event when it comes back; absent where the id alone says it. */
  readonly position?: (id: string) => string;
  /** Whether this reader is to get it; one that it does not get moves its position all the same. */
  wants(event: Event): boolean;
  /** Those of the events that the reader wants, as the stream carries them; empty when there are none. */
  render(events: readonly Event[]): StreamText;
  /** The first events of a reader, and the id of the latest event that it holds already or that came before it. */
  begin(): { readonly text: string; readonly id: string };
  /** What a reader that goes on where it was must know beside the events; mostly nothing. */
  resume(): string;
  /** Says to a reader that it cannot go on where it was. */
  reset(): string;
  /** What follows a reset; null when what a reader gets to begin with is all there is. */
  present(): Promise<PresentState> | null;
}
