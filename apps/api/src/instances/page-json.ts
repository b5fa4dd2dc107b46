import type { FleetPage } from '@app/instance-store';
import { Injectable } from '@nestjs/common';
import { weakTag } from '../http/answer-encoding.js';
import { InstanceJson } from './instance-json.js';

interface RenderedPage {
  withSecrets?: string;
  withoutSecrets?: string;
  tagWithSecrets?: string;
  tagWithoutSecrets?: string;
}

/** Pages of the list as JSON text. The same page is the same object, whose text is made once. */
@Injectable()
export class PageJson {
  private readonly rendered = new WeakMap<FleetPage, RenderedPage>();

  constructor(private readonly instances: InstanceJson) {}

  of(page: FleetPage, secrets: boolean): string {
    const texts = this.textsOf(page);
    if (secrets) return (texts.withSecrets ??= this.make(page, true));
    return (texts.withoutSecrets ??= this.make(page, false));
  }

  /**
   * Tells pages with different texts apart, without making them; with the quotes of an entity tag.
   *
   * @see entityTag whose parts it has for each instance
   */
  tagOf(page: FleetPage, secrets: boolean): string {
    const texts = this.textsOf(page);
    if (secrets) return (texts.tagWithSecrets ??= makeTag(page, true));
    return (texts.tagWithoutSecrets ??= makeTag(page, false));
  }

  private textsOf(page: FleetPage): RenderedPage {
    let texts = this.rendered.get(page);
    if (texts === undefined) {
      texts = {};
      this.rendered.set(page, texts);
    }
    return texts;
  }

  private make({ instances, total, nextCursor }: FleetPage, secrets: boolean): string {
    const items = instances.map((stored) => this.instances.of(stored, secrets)).join(',');
    return `{"instances":[${items}],"total":${total},"nextCursor":${JSON.stringify(nextCursor)}}`;
  }
}

function makeTag({ instances, total, nextCursor }: FleetPage, secrets: boolean): string {
  let parts = `${secrets}/${total}/${nextCursor}`;
  for (const { record, lastUsedAt } of instances) parts += `/${record.id}-${record.revision}-${lastUsedAt}`;
  return weakTag(parts);
}
