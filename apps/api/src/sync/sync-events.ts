import { Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import {
  presentSyncStatus,
  type SyncEvent,
  type SyncSnapshot,
  type SyncSource,
  type SyncStatusStore,
  type SyncStatusView,
  UNKNOWN_SYNC,
} from '@app/sync-status';
import { Injectable } from '@nestjs/common';
import type { EventListener, ResumableEvents } from '../core/sse/resumable-events.js';
import { formatSseEvent } from '../core/sse/sse-format.js';
import { unknownSync } from './render-sync.js';
import { SyncSources } from './sync-sources.js';
import type { SyncEventView } from './sync-status.dto.js';

/** The streams of all sources. */
@Injectable()
export class SyncEventStreams {
  private readonly made = new Map<SyncSource, SyncEvents>();

  constructor(
    private readonly sources: SyncSources,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem `kubernetes-off` */
  of(source: SyncSource): SyncEvents {
    const known = this.made.get(source);
    if (known !== undefined) return known;
    const { view, store } = this.sources.of(source);
    const events = new SyncEvents(view, store, this.clock);
    this.made.set(source, events);
    return events;
  }
}

/** The events of the sync with one source, as its stream sends them. */
export class SyncEvents implements ResumableEvents<SyncEvent> {
  /** All readers are sent the same event object; its text is made for the first of them. */
  private readonly texts = new WeakMap<SyncEvent, string>();

  constructor(
    private readonly view: SyncStatusView,
    private readonly store: SyncStatusStore,
    private readonly clock: Clock,
  ) {}

  subscribe(listener: EventListener<SyncEvent>): () => void {
    return this.view.subscribe((event) => listener.events([event]));
  }

  eventsAfter(id: string, limit: number): Promise<readonly SyncEvent[] | null> {
    return this.store.eventsAfter(id, limit);
  }

  async latestId(): Promise<string> {
    return (await this.store.read()).eventId;
  }

  knownId(): string {
    return this.view.current().eventId;
  }

  idOf({ id }: SyncEvent): string {
    return id;
  }

  wants(): boolean {
    return true;
  }

  render(events: readonly SyncEvent[]): string {
    return events.map((event) => this.textOf(event)).join('');
  }

  /** @throws Problem `sync-unavailable` while there is no state to begin with */
  requireKnown(): void {
    if (this.view.current() === UNKNOWN_SYNC) throw unknownSync();
  }

  begin(): { readonly text: string; readonly id: string } {
    const snapshot = this.view.current();
    const data = dataOf('sync.status', this.clock.timestamp(), snapshot);
    return { text: formatSseEvent({ id: snapshot.eventId, event: data.type, data }), id: snapshot.eventId };
  }

  resume(): string {
    return '';
  }

  reset(): string {
    return formatSseEvent({
      event: 'reset',
      data: { type: 'reset', at: this.clock.timestamp(), reason: 'events after Last-Event-ID are not kept any more' },
    });
  }

  present(): null {
    return null;
  }

  private textOf(event: SyncEvent): string {
    let text = this.texts.get(event);
    if (text === undefined) {
      const { id, type, at, run, paused } = event;
      text = formatSseEvent({ id, event: type, data: dataOf(type, at, { run, paused, eventId: id }) });
      this.texts.set(event, text);
    }
    return text;
  }
}

/** The data of an event is as of its own time, whenever it is sent. */
function dataOf(type: SyncEventView['type'], at: Timestamp, snapshot: SyncSnapshot): SyncEventView {
  return { type, at, status: presentSyncStatus(snapshot, msFromTimestamp(at)) };
}
