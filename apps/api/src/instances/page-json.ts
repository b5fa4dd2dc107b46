import type { InstancePage } from '@app/instance-store';
import { instanceJson } from './instance-json.js';

interface RenderedPage {
  withSecrets?: string;
  withoutSecrets?: string;
}

/** Requests that share a read get the same page object; its text is made for the first of them. */
const rendered = new WeakMap<InstancePage, RenderedPage>();

/** A page of the list as JSON text. */
export function pageJson(page: InstancePage, secrets: boolean): string {
  let texts = rendered.get(page);
  if (texts === undefined) {
    texts = {};
    rendered.set(page, texts);
  }
  if (secrets) return (texts.withSecrets ??= makePageJson(page, true));
  return (texts.withoutSecrets ??= makePageJson(page, false));
}

function makePageJson({ instances, total, nextCursor }: InstancePage, secrets: boolean): string {
  const items = instances.map((stored) => instanceJson(stored, secrets)).join(',');
  return `{"instances":[${items}],"total":${total},"nextCursor":${JSON.stringify(nextCursor)}}`;
}
