import type { InstancePage } from '@app/instance-store';
import { Injectable } from '@nestjs/common';
import { weakTag } from '../http/answer-encoding.js';
import { InstanceJson } from './instance-json.js';

interface RenderedPage {
  withSecrets?: string;
  withoutSecrets?: string;
}

/** Pages of the list as JSON text. Requests that share a read get the same page object; its text is made for the first of them. */
@Injectable()
export class PageJson {
  private readonly rendered = new WeakMap<InstancePage, RenderedPage>();

  constructor(private readonly instances: InstanceJson) {}

  of(page: InstancePage, secrets: boolean): string {
    let texts = this.rendered.get(page);
    if (texts === undefined) {
      texts = {};
      this.rendered.set(page, texts);
    }
    if (secrets) return (texts.withSecrets ??= this.make(page, true));
    return (texts.withoutSecrets ??= this.make(page, false));
  }

  /**
   * Tells pages with different texts apart, without making them; with the quotes of an entity tag.
   *
   * @see entityTag whose parts it has for each instance
   */
  tagOf({ instances, total, nextCursor }: InstancePage, secrets: boolean): string {
    let parts = `${secrets}/${total}/${nextCursor}`;
    for (const { record, lastUsedAt } of instances) parts += `/${record.id}-${record.revision}-${lastUsedAt}`;
    return weakTag(parts);
  }

  private make({ instances, total, nextCursor }: InstancePage, secrets: boolean): string {
    const items = instances.map((stored) => this.instances.of(stored, secrets)).join(',');
    return `{"instances":[${items}],"total":${total},"nextCursor":${JSON.stringify(nextCursor)}}`;
  }
}
