import {
  type IdleClock,
  type IdleRules,
  type InstanceRecord,
  idleCounting,
  idleRulesOf,
  type StoredInstance,
} from '@app/instance-store';
import { Settings, type Timestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { autoStopAt } from './auto-stop-at.js';
import { renderInstance } from './render-instance.js';

interface RenderedRecord {
  withSecrets?: string;
  withoutSecrets?: string;
  /** Null while being unused does not count against it. */
  readonly idleClock: IdleClock | null;
  use: RenderedUse;
}

/** What follows from the record and the time of last use together. */
interface RenderedUse {
  readonly lastUsedAt: Timestamp | null;
  readonly json: string;
  /** Of no other record and no other use. */
  readonly serial: number;
}

/**
 * Instances as JSON text. The store answers the same frozen object for the same revision, so a text made from it stays
 * true as long as it lives. What depends on the time of last use, which moves without a new revision, is made anew
 * when that has moved.
 */
@Injectable()
export class InstanceJson {
  private readonly rendered = new WeakMap<InstanceRecord, RenderedRecord>();
  private readonly rules: IdleRules;
  private serials = 0;

  constructor(settings: Settings) {
    this.rules = idleRulesOf(settings);
  }

  /** @param extra further members, such as the `message` of a command; none is undefined */
  of({ record, lastUsedAt }: StoredInstance, secrets: boolean, extra?: Readonly<Record<string, unknown>>): string {
    const texts = this.textsOf(record, lastUsedAt);
    let json = openJson(record, secrets, texts) + texts.use.json;
    if (extra === undefined) return `${json}}`;
    for (const [key, value] of Object.entries(extra)) json += `,${JSON.stringify(key)}:${JSON.stringify(value)}`;
    return `${json}}`;
  }

  /** Of a record by itself, without `lastUsedAt` and `autoStopAt`, of which it says nothing. */
  ofRecord(record: InstanceRecord, secrets: boolean): string {
    return `${openJson(record, secrets, this.rendered.get(record) ?? this.textsOf(record, null))}}`;
  }

  /** Tells apart what has different texts, in this process. Two revisions may differ that have one number. */
  serialOf({ record, lastUsedAt }: StoredInstance): number {
    return this.textsOf(record, lastUsedAt).use.serial;
  }

  private textsOf(record: InstanceRecord, lastUsedAt: Timestamp | null): RenderedRecord {
    let texts = this.rendered.get(record);
    if (texts === undefined) {
      const counting = idleCounting(record, this.rules);
      const idleClock = counting.counts ? counting.clock : null;
      texts = { idleClock, use: renderUse(idleClock, lastUsedAt, ++this.serials) };
      this.rendered.set(record, texts);
    } else if (texts.use.lastUsedAt !== lastUsedAt) {
      texts.use = renderUse(texts.idleClock, lastUsedAt, ++this.serials);
    }
    return texts;
  }
}

/** The object without its closing brace; it always has members. */
function openJson(record: InstanceRecord, secrets: boolean, texts: RenderedRecord): string {
  if (secrets) return (texts.withSecrets ??= makeOpenJson(record, true));
  return (texts.withoutSecrets ??= makeOpenJson(record, false));
}

function makeOpenJson(record: InstanceRecord, secrets: boolean): string {
  return JSON.stringify(renderInstance(record, secrets)).slice(0, -1);
}

/** A time stamp holds no character that JSON escapes. */
function renderUse(idleClock: IdleClock | null, lastUsedAt: Timestamp | null, serial: number): RenderedUse {
  let json = '';
  if (lastUsedAt !== null) json += `,"lastUsedAt":"${lastUsedAt}"`;
  const stopAt = autoStopAt(idleClock, lastUsedAt);
  if (stopAt !== null) json += `,"autoStopAt":"${stopAt}"`;
  return { lastUsedAt, json, serial };
}
