import type { FleetPage } from '@app/instance-store';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { weakTag } from '../http/answer-encoding.js';
import { InstanceJson } from './instance-json.js';

/** Some three hundred pages of fifty. */
const REMEMBERED_BYTES = 24 * 1_048_576;

export interface PageText {
  /** Tells pages with different texts apart; with the quotes of an entity tag. */
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

  of(page: FleetPage, secrets: boolean): PageText {
    const key = this.keyOf(page, secrets);
    const known = this.remembered.get(key);
    if (known !== undefined) return known;
    const tag = tagOf(page, secrets);
    return {
      tag,
      bytes: () => {
        const made = Buffer.from(this.textOf(page, secrets));
        this.remembered.set(key, { tag, made, bytes: () => made });
        return made;
      },
    };
  }

  private keyOf({ instances, total, nextCursor }: FleetPage, secrets: boolean): string {
    let key = `${secrets}/${total}/${nextCursor}`;
    for (const stored of instances) key += `/${this.instances.serialOf(stored)}`;
    return key;
  }

  private textOf({ instances, total, nextCursor }: FleetPage, secrets: boolean): string {
    // One text that grows is copied once in the end; a list that is joined is copied twice.
    let items = '';
    for (const stored of instances) items += `${items === '' ? '' : ','}${this.instances.of(stored, secrets)}`;
    return `{"instances":[${items}],"total":${total},"nextCursor":${JSON.stringify(nextCursor)}}`;
  }
}

/** @see entityTag whose parts it has for each instance */
function tagOf({ instances, total, nextCursor }: FleetPage, secrets: boolean): string {
  let content = `${secrets}/${total}/${nextCursor}`;
  for (const { record, lastUsedAt } of instances) content += `/${record.id}-${record.revision}-${lastUsedAt}`;
  return weakTag(content);
}
