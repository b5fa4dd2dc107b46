import type { InstanceRecord, StoredInstance } from '@app/instance-store';
import { renderInstance } from './render-instance.js';

interface RenderedRecord {
  withSecrets?: string;
  withoutSecrets?: string;
}

/** The store answers the same frozen object for the same revision, so a text made from it stays true as long as it lives. */
const rendered = new WeakMap<InstanceRecord, RenderedRecord>();

/**
 * An instance as JSON text. The part that follows from the record is made once per revision; the time of last use,
 * which moves without a new revision, is put in each time.
 *
 * @param extra further members, such as the `message` of a command
 */
export function instanceJson(
  stored: StoredInstance,
  secrets: boolean,
  extra: Readonly<Record<string, string>> = {},
): string {
  let json = openJson(stored.record, secrets);
  // A time stamp holds no character that JSON escapes.
  if (stored.lastUsedAt !== null) json += `,"lastUsedAt":"${stored.lastUsedAt}"`;
  for (const [key, value] of Object.entries(extra)) json += `,${JSON.stringify(key)}:${JSON.stringify(value)}`;
  return `${json}}`;
}

/** The object without its closing brace; it always has members. */
function openJson(record: InstanceRecord, secrets: boolean): string {
  let texts = rendered.get(record);
  if (texts === undefined) {
    texts = {};
    rendered.set(record, texts);
  }
  if (secrets) return (texts.withSecrets ??= makeOpenJson(record, true));
  return (texts.withoutSecrets ??= makeOpenJson(record, false));
}

function makeOpenJson(record: InstanceRecord, secrets: boolean): string {
  return JSON.stringify(renderInstance(record, secrets)).slice(0, -1);
}
