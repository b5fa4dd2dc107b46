import { type Timestamp, timestampFromMs } from '@app/platform';
import { LRUCache } from 'lru-cache';
import type { InstanceRecord, StoredInstance } from '../instance.js';
import type { InstanceId } from '../instance-id.js';

/**
 * Names one written state of a record: its revision and a nonce. The nonce tells apart two states of one revision, as
 * when Redis lost its last second and the revision was written anew; it also lets a writer recognise its own write.
 */
export type RecordVersion = string;

/** One parsed state of a record. The time of last use moves without a new version and is kept as it was last read. */
export class RememberedRecord {
  private lastUsed: string | null = null;
  private stored: StoredInstance;

  constructor(
    readonly version: RecordVersion,
    readonly record: InstanceRecord,
  ) {
    this.stored = { record, lastUsedAt: null };
  }

  /** @param lastUsed epoch milliseconds; null or empty when it was never used */
  usedAt(lastUsed: string | null): StoredInstance {
    // Reading a time stamp from a number costs more than the rest of a list's line.
    if (lastUsed !== this.lastUsed) {
      this.lastUsed = lastUsed;
      this.stored = { record: this.record, lastUsedAt: lastUsedFrom(lastUsed) };
    }
    return this.stored;
  }
}

export interface RememberedLimits {
  readonly maxRecords: number;
  /** Sum of the lengths of their documents. */
  readonly maxCharacters: number;
}

/** Parsed records by id. Used only for the version that Redis names, so they are never stale. */
export class RememberedRecords {
  private readonly records: LRUCache<InstanceId, RememberedRecord>;

  constructor(limits: RememberedLimits) {
    this.records = new LRUCache({ max: limits.maxRecords, maxSize: limits.maxCharacters });
  }

  of(id: InstanceId): RememberedRecord | null {
    return this.records.get(id) ?? null;
  }

  /** Keeps the first object of a version, so that readers at the same time get the same one. */
  remember(id: InstanceId, version: RecordVersion, record: InstanceRecord, characters: number): RememberedRecord {
    const held = this.records.peek(id);
    if (held?.version === version) return held;
    const remembered = new RememberedRecord(version, record);
    this.records.set(id, remembered, { size: Math.max(1, characters) });
    return remembered;
  }

  forget(id: InstanceId): void {
    this.records.delete(id);
  }
}

/** @param epochMs null or empty when it was never used */
export function lastUsedFrom(epochMs: string | null): Timestamp | null {
  return epochMs === null || epochMs === '' ? null : timestampFromMs(Number(epochMs));
}
