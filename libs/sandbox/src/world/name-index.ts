import type { InstanceRecord } from './instance-record.js';

interface Chunk {
  /** All names in it, in lower case, one on a line; those that were dropped may linger. */
  text: string;
  readonly records: Set<InstanceRecord>;
}

const CHUNK = 512;

/**
 * Finds instances by a part of their name. Looking through one long text is many times faster than looking through
 * 100,000 short ones, and clients search by name before every create.
 */
export class NameIndex {
  /** By order, so that the oldest come first. */
  private readonly chunks = new Map<number, Chunk>();

  /** @param record newer than all that are there */
  add(record: InstanceRecord): void {
    const key = Math.floor(record.order / CHUNK);
    let chunk = this.chunks.get(key);
    if (chunk === undefined) {
      chunk = { text: '', records: new Set() };
      this.chunks.set(key, chunk);
    }
    chunk.text += `${record.name.toLowerCase()}\n`;
    chunk.records.add(record);
  }

  drop(record: InstanceRecord): void {
    const key = Math.floor(record.order / CHUNK);
    const chunk = this.chunks.get(key);
    if (chunk === undefined) return;
    chunk.records.delete(record);
    if (chunk.records.size === 0) this.chunks.delete(key);
  }

  /** @param part in lower case @returns the newest first */
  find(part: string): InstanceRecord[] {
    const found: InstanceRecord[] = [];
    for (const chunk of this.chunks.values()) {
      if (!chunk.text.includes(part)) continue;
      for (const record of chunk.records) if (record.name.toLowerCase().includes(part)) found.push(record);
    }
    return found.toReversed();
  }
}
