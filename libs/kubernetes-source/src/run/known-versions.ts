import type { ResourceKey } from '../model/resource.js';

/** Which versions are stored, as little memory as it takes: a number of 53 bits for each key. */
export class KnownVersions {
  private readonly hashes = new Map<ResourceKey, number>();

  get size(): number {
    return this.hashes.size;
  }

  has(key: ResourceKey): boolean {
    return this.hashes.has(key);
  }

  is(key: ResourceKey, version: string): boolean {
    return this.hashes.get(key) === hashOf(version);
  }

  set(key: ResourceKey, version: string): void {
    this.hashes.set(key, hashOf(version));
  }

  /** @returns whether it was known */
  delete(key: ResourceKey): boolean {
    return this.hashes.delete(key);
  }

  keys(): IterableIterator<ResourceKey> {
    return this.hashes.keys();
  }
}

/**
 * Two different versions of one object have the same number once in 2^53, and then a change would be missed until the next
 * one. Two rounds of multiplication, one for each half, mixed in the end.
 */
function hashOf(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return 0x1_0000_0000 * (low & 0x1f_ffff) + (high >>> 0);
}
