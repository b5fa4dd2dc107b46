import { BEFORE_FIRST_ENTRY, ChangeFeed, ChangeFeedView, type FeedEntry } from '@app/instance-store';
import { Clock, MetricsRegistry } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import type { PresentState, ResumableEvents, StreamText } from '../core/sse/resumable-events.js';
import { CoalescingLimiter } from './coalescing-limiter.js';
import { CurrentList } from './current-list.js';
import { EventFanOut } from './event-fan-out.js';
import { connectedText, degradedText, EventTexts, resetText } from './event-texts.js';
import type { EventFilter } from './events-query.js';

/** Reads of older events at a time, over all readers of this process that this process does not remember enough for. */
const READS_AT_A_TIME = 4;

/** The events that the feed still has, and how far it has got. */
@Injectable()
export class EventLog {
  private readonly older = new CoalescingLimiter<readonly FeedEntry[] | null>(READS_AT_A_TIME);

  constructor(
    private readonly view: ChangeFeedView,
    private readonly feed: ChangeFeed,
  ) {}

  /** The latest entry that this process knows. */
  knownId(): string {
    return this.view.position();
  }

  /** Whether this process has not reached the feed since it began, so that `knownId` says nothing. */
  isUnreached(): boolean {
    return this.view.position() === BEFORE_FIRST_ENTRY && this.view.interruptedSince() !== null;
  }

  /** @throws StoreUnavailableError */
  latestId(): Promise<string> {
    return this.feed.latestId();
  }

  /**
   * From memory where it reaches back so far.
   * @returns null when the entries after `id` are not kept any more
   * @throws StoreUnavailableError
   */
  async after(id: string, limit: number): Promise<readonly FeedEntry[] | null> {
    return this.view.recent(id, limit) ?? this.older.ask(`${id} ${limit}`, () => this.feed.after(id, limit));
  }
}

/** The events of the fleet, for each reader as it may see and wants them. */
@Injectable()
export class EventStreams {
  private readonly sent: Counter;
  private readonly resets: Counter;

  constructor(
    private readonly fanOut: EventFanOut,
    private readonly log: EventLog,
    private readonly texts: EventTexts,
    private readonly list: CurrentList,
    private readonly clock: Clock,
    registry: MetricsRegistry,
  ) {
    this.sent = new Counter({
      name: 'novita_fleet_events_sent_total',
      help: 'Events of the fleet that were sent, each counted once for every reader',
      registers: [registry],
    });
    this.resets = new Counter({
      name: 'novita_fleet_events_resets_total',
      help: 'Readers of the events that had to begin anew, because what they lacked is not kept any more',
      registers: [registry],
    });
  }

  /** @param secrets whether the reader sees values of environment variables and passwords */
  for(filter: EventFilter, secrets: boolean): ResumableEvents<FeedEntry> {
    return {
      subscribe: (listener) => this.fanOut.subscribe(listener),
      eventsAfter: (id, limit) => this.log.after(id, limit),
      latestId: () => this.log.latestId(),
      knownId: () => this.log.knownId(),
      idOf: ({ entryId }) => entryId,
      wants: (entry) => filter.wants(entry),
      render: (entries) => this.render(entries, filter, secrets),
      begin: () => {
        const id = this.log.knownId();
        const text = connectedText(this.log.isUnreached() ? null : id, this.clock.timestamp());
        return { text: text + this.interruption(), id };
      },
      resume: () => this.interruption(),
      reset: () => {
        this.resets.inc();
        return resetText(this.clock.timestamp());
      },
      present: () => this.present(filter, secrets),
    };
  }

  private render(entries: readonly FeedEntry[], filter: EventFilter, secrets: boolean): StreamText {
    const wanted = filter.isOpen ? entries : entries.filter((entry) => filter.wants(entry));
    this.sent.inc(wanted.length);
    const [only, second] = wanted;
    if (only === undefined) return '';
    if (second === undefined) return this.texts.of(only, secrets);
    return filter.isOpen
      ? this.texts.ofAll(entries, secrets)
      : wanted.map((entry) => this.texts.of(entry, secrets)).join('');
  }

  /** The position is taken before the list is: what happens meanwhile is in the list, or follows, or both. */
  private async present(filter: EventFilter, secrets: boolean): Promise<PresentState> {
    const id = await this.log.latestId();
    return { id, pieces: this.list.pieces(filter, secrets, id) };
  }

  private interruption(): string {
    const since = this.fanOut.degradedSince();
    return since === null ? '' : degradedText(since);
  }
}
