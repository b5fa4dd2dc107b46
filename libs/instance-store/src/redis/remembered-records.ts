import { LRUCache } from 'lru-cache';
import type { InstanceRecord } from '../instance.js';
import type { InstanceId } from '../instance-id.js';

/**
 * Names one written state of a record: its revision and a nonce. The nonce tells apart two states of one revision, as
 * when Redis lost its last second and the revision was written anew; it also lets a writer recognise its own write.
 */
export type RecordVersion = string;

export interface RememberedRecord {
  readonly version: RecordVersion;
  readonly record: InstanceRecord;
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
  remember(id: InstanceId, version: RecordVersion, record: InstanceRecord, characters: number): InstanceRecord {
    const held = this.records.peek(id);
    if (held?.version === version) return held.record;
    this.records.set(id, { version, record }, { size: Math.max(1, characters) });
    return record;
  }

  forget(id: InstanceId): void {
    this.records.delete(id);
  }
}
