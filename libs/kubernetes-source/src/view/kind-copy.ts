import type { Resource, ResourceKey } from '../model/resource.js';
import type { ResourcePage, ResourceQuery } from './kubernetes-view.js';

/** A look-up reads so many resources at most: then the page ends, full or not, and says where the next one begins. */
export const MAX_SCANNED = 5_000;

interface Held {
  readonly resource: Resource;
  /** It is as after this entry of the feed, or a later one. */
  readonly entryId: string;
}

/**
 * The resources of one kind in the order of their keys. A namespace is a prefix of keys, so that one order serves lists of
 * all namespaces and of one.
 */
export class KindCopy {
  private readonly held = new Map<ResourceKey, Held>();
  private keys: ResourceKey[] = [];

  /** @param resources in any order; of two with one key the later one counts */
  constructor(resources: Iterable<Held> = []) {
    for (const held of resources) this.held.set(held.resource.key, held);
    this.keys = [...this.held.keys()].sort(byCodeUnits);
  }

  get size(): number {
    return this.keys.length;
  }

  get(key: ResourceKey): Resource | null {
    return this.held.get(key)?.resource ?? null;
  }

  /** @returns null when it is not there */
  entryIdOf(key: ResourceKey): string | null {
    return this.held.get(key)?.entryId ?? null;
  }

  all(): IterableIterator<Held> {
    return this.held.values();
  }

  set(resource: Resource, entryId: string): void {
    if (!this.held.has(resource.key)) this.keys.splice(this.placeOf(resource.key), 0, resource.key);
    this.held.set(resource.key, { resource, entryId });
  }

  delete(key: ResourceKey): void {
    if (this.held.delete(key)) this.keys.splice(this.placeOf(key), 1);
  }

  page({ namespace, matches, after, limit }: ResourceQuery): ResourcePage {
    const first = namespace === null ? 0 : this.placeOf(`${namespace}/`);
    // `0` comes right after `/`.
    const end = namespace === null ? this.keys.length : this.placeOf(`${namespace}0`);
    let place = after === null ? first : Math.max(first, this.placeAfter(after));
    const items: Resource[] = [];
    const lastScanned = Math.min(end, place + MAX_SCANNED);
    for (; place < lastScanned && items.length < limit; place++) {
      const resource = this.at(place);
      if (resource !== null && (matches === null || matches(resource))) items.push(resource);
    }
    return { items, next: place < end ? (this.keys[place - 1] ?? null) : null };
  }

  private at(place: number): Resource | null {
    const key = this.keys[place];
    return key === undefined ? null : this.get(key);
  }

  /** How many keys come before this text. */
  private placeOf(text: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.keys[middle] ?? '') < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private placeAfter(key: ResourceKey): number {
    const place = this.placeOf(key);
    return this.keys[place] === key ? place + 1 : place;
  }
}

function byCodeUnits(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
