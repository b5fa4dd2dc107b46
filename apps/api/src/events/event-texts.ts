import { type FeedEntry, isInstanceChange } from '@app/instance-store';
import { Injectable } from '@nestjs/common';
import { InstanceJson } from '../instances/instance-json.js';
import { formatSseJson } from '../sse/format-sse-event.js';
import { eventJson } from './event-data.js';

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
    // A notice tells the same to everybody.
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
