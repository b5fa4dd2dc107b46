import { type FeedEntry, type InstanceChange, isInstanceChange } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { eventData } from '@app/views';
import { Injectable } from '@nestjs/common';
import { formatSseEvent, formatSseJson } from '../core/sse/sse-format.js';
import { InstanceJson } from '../instances/instance-text.js';
import type {
  InstanceEventView,
  SpendBillDiffersEventView,
  SpendWarningEventView,
  SyncRunEventView,
  WebhookDisabledEventView,
} from './events.dto.js';

interface Texts<Text> {
  withSecrets?: Text;
  withoutSecrets?: Text;
}

/**
 * Events as the stream carries them. All readers are given the same entries, and what happens together in the same
 * array: the text of each is made once for all readers that see secrets, and once for all others.
 */
@Injectable()
export class EventTexts {
  private readonly single = new WeakMap<FeedEntry, Texts<string>>();
  private readonly together = new WeakMap<readonly FeedEntry[], Texts<Buffer>>();

  constructor(private readonly instances: InstanceJson) {}

  of(entry: FeedEntry, secrets: boolean): string {
    return remembered(this.single, entry, secrets, () => this.make(entry, secrets));
  }

  /** Bytes, so that a thousand sockets share them. */
  ofAll(entries: readonly FeedEntry[], secrets: boolean): Buffer {
    return remembered(this.together, entries, secrets, () =>
      Buffer.from(entries.map((entry) => this.of(entry, secrets)).join('')),
    );
  }

  private make(entry: FeedEntry, secrets: boolean): string {
    // An event of no instance holds no secret.
    if (secrets && !isInstanceChange(entry)) return this.of(entry, false);
    const json = eventJson(entry, ({ record }) => (record === null ? null : this.instances.ofRecord(record, secrets)));
    return formatSseJson({ id: entry.entryId, event: entry.type, json });
  }
}

function remembered<Key extends object, Text>(
  known: WeakMap<Key, Texts<Text>>,
  key: Key,
  secrets: boolean,
  make: () => Text,
): Text {
  let texts = known.get(key);
  if (texts === undefined) {
    texts = {};
    known.set(key, texts);
  }
  if (secrets) return (texts.withSecrets ??= make());
  return (texts.withoutSecrets ??= make());
}

/** An event as JSON text. @param instanceJson of its record, as the reader's role may see it */
function eventJson(entry: FeedEntry, instanceJson: (change: InstanceChange) => string | null): string {
  const data:
    | Omit<InstanceEventView, 'instance'>
    | SyncRunEventView
    | SpendWarningEventView
    | SpendBillDiffersEventView
    | WebhookDisabledEventView = eventData(entry);
  const json = JSON.stringify(data);
  const instance = isInstanceChange(entry) ? instanceJson(entry) : null;
  return instance === null ? json : `${json.slice(0, -1)},"instance":${instance}}`;
}

/** What the stream says of itself. Only what a reader can go on after has an id. */

/** @param id null while the position of the feed is not known: a reader that comes back then begins anew */
export function connectedText(id: string | null, at: Timestamp): string {
  return formatSseEvent({ ...(id !== null && { id }), event: 'connected', data: { type: 'connected', at } });
}

export function resetText(at: Timestamp): string {
  return formatSseEvent({
    event: 'reset',
    data: { type: 'reset', at, reason: 'events after the last one that was received are not kept any more' },
  });
}

export function degradedText(since: Timestamp): string {
  return formatSseEvent({ event: 'degraded', data: { type: 'degraded', since } });
}

export function restoredText(at: Timestamp): string {
  return formatSseEvent({ event: 'restored', data: { type: 'restored', at } });
}

/** @param items instances as JSON, separated by commas */
export function listText(items: string): string {
  return formatSseJson({ event: 'list', json: `{"type":"list","instances":[${items}],"last":false}` });
}

/** Ends the list. @param id where the reader goes on, now that it has all of it */
export function lastListText(items: string, id: string): string {
  return formatSseJson({ id, event: 'list', json: `{"type":"list","instances":[${items}],"last":true}` });
}
