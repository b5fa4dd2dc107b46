import type { InstanceRecord } from './instance-record.js';
import { NameIndex } from './name-index.js';

type Matches = (record: InstanceRecord) => boolean;

/** All instances: by id, and in the order of lists (the newest first). */
export class Fleet {
  private readonly byId = new Map<string, InstanceRecord>();
  /** The oldest first, so that a new one is appended. */
  private readonly ordered: InstanceRecord[] = [];
  private readonly names = new NameIndex();

  get size(): number {
    return this.ordered.length;
  }

  get(id: string): InstanceRecord | undefined {
    return this.byId.get(id);
  }

  /** @param record newer than all that are there */
  add(record: InstanceRecord): void {
    this.byId.set(record.id, record);
    this.ordered.push(record);
    this.names.add(record);
  }

  drop(record: InstanceRecord): void {
    if (!this.byId.delete(record.id)) return;
    this.ordered.splice(this.position(record.order), 1);
    this.names.drop(record);
  }

  /** Those from `start` up to, not including, `end`, counted from the newest. Costs what it returns. */
  newestFirst(start: number, end: number): InstanceRecord[] {
    const upper = Math.max(this.ordered.length - start, 0);
    const lower = Math.max(this.ordered.length - end, 0);
    return this.ordered.slice(lower, upper).toReversed();
  }

  /** The newest first. @param part of the name, in lower case */
  withName(part: string): InstanceRecord[] {
    return this.names.find(part);
  }

  /** The newest first. */
  filter(matches: Matches): InstanceRecord[] {
    return this.ordered.filter(matches).toReversed();
  }

  count(matches: Matches): number {
    let count = 0;
    for (const record of this.ordered) if (matches(record)) count++;
    return count;
  }

  /** As `newestFirst`, of those that match; makes no list of all of them. */
  newestMatching(matches: Matches, start: number, end: number): InstanceRecord[] {
    const found: InstanceRecord[] = [];
    let passed = 0;
    for (let index = this.ordered.length - 1; index >= 0 && passed < end; index--) {
      const record = this.ordered[index];
      if (record === undefined || !matches(record)) continue;
      if (passed >= start) found.push(record);
      passed++;
    }
    return found;
  }

  /** Binary search: orders only grow. */
  private position(order: number): number {
    let low = 0;
    let high = this.ordered.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const record = this.ordered[middle];
      if (record !== undefined && record.order < order) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
