import {
  type FleetPage,
  type IdleClock,
  type IdleRules,
  IdleSettings,
  type InstanceRecord,
  idleRulesOf,
  isStartingUp,
  type StoredInstance,
  type TouchResult,
} from '@app/instance-store';
import { type StartupEstimate, StartupEstimates } from '@app/lifecycle';
import type { Timestamp } from '@app/platform';
import { autoStopAt, idleClockOf, idleSince, renderInstance, renderStanding } from '@app/views';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LRUCache } from 'lru-cache';
import { type EstimateMembers, renderEstimate } from '../catalogue/render-catalogue.js';
import { revisionTag, textTag } from '../core/http/entity-tags.js';
import { JSON_TYPE } from '../core/http/negotiation.js';

interface RenderedRecord {
  withSecrets?: string;
  withoutSecrets?: string;
  /** Null while being unused does not count against it. */
  readonly idleClock: IdleClock | null;
  /** Members, by the rules of this installation. */
  readonly standing: string;
  use: RenderedUse;
}

/** What follows from the record and the time of last use together. */
interface RenderedUse {
  readonly lastUsedAt: Timestamp | null;
  readonly json: string;
  /** Of no other record and no other use. */
  readonly serial: number;
  /** The entity tag, without what an estimate adds to it. */
  readonly tag: string;
}

/**
 * Instances as JSON text. The store answers the same frozen object for the same revision, so a text made from it stays
 * true as long as it lives. What depends on the time of last use, which moves without a new revision, is made anew
 * when that has moved. How long a start-up usually takes is added anew each time, while there is one: it moves by itself.
 */
@Injectable()
export class InstanceJson {
  private readonly rendered = new WeakMap<InstanceRecord, RenderedRecord>();
  private readonly rules: IdleRules;
  private serials = 0;

  constructor(
    settings: IdleSettings,
    private readonly estimates: StartupEstimates,
  ) {
    this.rules = idleRulesOf(settings);
  }

  /** Changes when what is said of start-ups may have. */
  get estimatesVersion(): number {
    return this.estimates.version;
  }

  of({ record, lastUsedAt }: StoredInstance, secrets: boolean): string {
    const texts = this.textsOf(record, lastUsedAt);
    return `${openJson(record, secrets, texts)}${texts.use.json}${this.startupJson(record)}}`;
  }

  /** Of a record by itself, without `lastUsedAt` and `autoStopAt`, of which it says nothing. */
  ofRecord(record: InstanceRecord, secrets: boolean): string {
    const texts = this.rendered.get(record) ?? this.textsOf(record, null);
    return `${openJson(record, secrets, texts)}${this.startupJson(record)}}`;
  }

  /** The strong entity tag of `of`, the same in every process. */
  tagOf(stored: StoredInstance): string {
    const { record, lastUsedAt } = stored;
    return withStartup(this.textsOf(record, lastUsedAt).use.tag, startupTag(record, this.estimates));
  }

  /** Members to add to an object that has some. */
  private startupJson(record: InstanceRecord): string {
    if (!isStartingUp(record.status)) return '';
    const json = JSON.stringify(renderStartup(record, this.estimates));
    return json === '{}' ? '' : `,${json.slice(1, -1)}`;
  }

  /** Different for different texts, in this process. Two records with the same revision number may differ. */
  serialOf({ record, lastUsedAt }: StoredInstance): number {
    return this.textsOf(record, lastUsedAt).use.serial;
  }

  private textsOf(record: InstanceRecord, lastUsedAt: Timestamp | null): RenderedRecord {
    let texts = this.rendered.get(record);
    if (texts === undefined) {
      const idleClock = idleClockOf(record, this.rules);
      const standing = JSON.stringify(renderStanding(record, this.rules)).slice(1, -1);
      texts = { idleClock, standing, use: renderUse(record, { idleClock, standing }, lastUsedAt, ++this.serials) };
      this.rendered.set(record, texts);
    } else if (texts.use.lastUsedAt !== lastUsedAt) {
      texts.use = renderUse(record, texts, lastUsedAt, ++this.serials);
    }
    return texts;
  }
}

/**
 * The strong entity tag of an instance: its revision, and what moves without a new revision and is part of the answer: the
 * time of last use, and how long its start-up usually takes. Neither spoils a change of settings: `If-Match` means the revision.
 *
 * @param startup `startupTag` of it
 */
export function entityTag({ record, lastUsedAt }: StoredInstance, startup: string): string {
  return withStartup(revisionTag(record.revision, lastUsedAt), startup);
}

function withStartup(tag: string, startup: string): string {
  return startup === '' ? tag : `${tag.slice(0, -1)}${startup}"`;
}

/** How long its start-up usually takes; none unless it is on its way to ready. */
export function renderStartup(record: InstanceRecord, estimates: StartupEstimates): EstimateMembers {
  return renderEstimate(startupOf(record, estimates));
}

/**
 * What the estimate adds to the entity tag of an instance, the same in every process; empty without one. It moves without a
 * new revision.
 */
export function startupTag(record: InstanceRecord, estimates: StartupEstimates): string {
  const estimate = startupOf(record, estimates);
  if (estimate === null) return '';
  const { medianSeconds, p95Seconds, basedOn } = estimate;
  return `~${[medianSeconds, p95Seconds, basedOn].map((count) => count.toString(36)).join('.')}`;
}

/** @returns null unless it is on its way to ready, which a comparison tells before anything is looked up */
function startupOf({ status, desired, spec }: InstanceRecord, estimates: StartupEstimates): StartupEstimate | null {
  return desired.state === 'running' && isStartingUp(status) ? estimates.of(spec) : null;
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
function renderUse(
  record: InstanceRecord,
  { idleClock, standing }: Pick<RenderedRecord, 'idleClock' | 'standing'>,
  lastUsedAt: Timestamp | null,
  serial: number,
): RenderedUse {
  let json = standing === '' ? '' : `,${standing}`;
  if (lastUsedAt !== null) json += `,"lastUsedAt":"${lastUsedAt}"`;
  const since = idleSince(record, lastUsedAt);
  if (since !== null) json += `,"idleSince":"${since}"`;
  const stopAt = autoStopAt(idleClock, lastUsedAt);
  if (stopAt !== null) json += `,"autoStopAt":"${stopAt}"`;
  return { lastUsedAt, json, serial, tag: revisionTag(record.revision, lastUsedAt) };
}

type ShownPage = Pick<FleetPage, 'instances' | 'total' | 'nextCursor'>;

/** Some three hundred pages of fifty. */
const REMEMBERED_BYTES = 24 * 1_048_576;

export interface PageText {
  /** Different for pages with different texts; with the quotes of an entity tag. */
  readonly tag: string;
  /** Made when it is asked for first. */
  bytes(): Buffer;
}

/**
 * Pages of the list as JSON text. The bytes of those that were asked for last are kept: to make them takes as long as all
 * else that this process does for a list.
 */
@Injectable()
export class PageJson {
  private readonly remembered = new LRUCache<string, PageText & { readonly made: Buffer }>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: ({ made }) => made.length,
  });

  constructor(private readonly instances: InstanceJson) {}

  of(page: ShownPage, secrets: boolean): PageText {
    const key = this.keyOf(page, secrets);
    const known = this.remembered.get(key);
    if (known !== undefined) return known;
    const tag = this.tagOf(page, secrets);
    return {
      tag,
      bytes: () => {
        const made = Buffer.from(this.textOf(page, secrets));
        this.remembered.set(key, { tag, made, bytes: () => made });
        return made;
      },
    };
  }

  private keyOf({ instances, total, nextCursor }: ShownPage, secrets: boolean): string {
    let key = `${secrets}/${total}/${nextCursor}/${this.instances.estimatesVersion}`;
    for (const stored of instances) key += `/${this.instances.serialOf(stored)}`;
    return key;
  }

  private tagOf({ instances, total, nextCursor }: ShownPage, secrets: boolean): string {
    let content = `${secrets}/${total}/${nextCursor}`;
    for (const stored of instances) content += `/${stored.record.id}${this.instances.tagOf(stored)}`;
    return textTag(content);
  }

  private textOf({ instances, total, nextCursor }: ShownPage, secrets: boolean): string {
    // One text that grows is copied once in the end; a list that is joined is copied twice.
    let items = '';
    for (const stored of instances) items += `${items === '' ? '' : ','}${this.instances.of(stored, secrets)}`;
    return `{"instances":[${items}],"total":${total},"nextCursor":${JSON.stringify(nextCursor)}}`;
  }
}

/** The answer to a report of use. None of its members holds a character that JSON escapes. */
export function lastUsedText({ id, lastUsedAt, status }: Touched, message: string): string {
  return `{"instanceId":"${id}","lastUsedAt":"${lastUsedAt}","status":"${status}","message":"${message}"}`;
}

type Touched = Extract<TouchResult, { readonly outcome: 'touched' }>;

/** Sends ready-made JSON. */
export function sendText(reply: FastifyReply, text: string | Buffer): void {
  void reply.header('content-type', JSON_TYPE).send(text);
}
