import { type Timestamp, timestampFromMs } from '@app/platform';
import { LRUCache } from 'lru-cache';
import type { InstanceRecord, StoredInstance } from '../instance.js';
import type { InstanceId, NovitaInstanceId } from '../instance-id.js';
import type { RecordVersion } from './record-version.js';

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

/** Tables in which our id is looked up. */
export type LookUpTable = 'by-marker' | 'by-novita-id';

export interface RememberedLimits {
  readonly maxRecords: number;
  /** Sum of the lengths of their documents. */
  readonly maxCharacters: number;
}

/** Parsed records by id. Used only for the version that Redis names, so they are never stale. */
export class RememberedRecords {
  private readonly records: LRUCache<InstanceId, RememberedRecord>;
  private readonly idsByNovitaId = new Map<NovitaInstanceId, InstanceId>();
  private readonly idsByMarker = new Map<string, InstanceId>();

  constructor(limits: RememberedLimits) {
    this.records = new LRUCache({
      max: limits.maxRecords,
      maxSize: limits.maxCharacters,
      dispose: ({ record }) => this.forgetNames(record),
    });
  }

  of(id: InstanceId): RememberedRecord | null {
    return this.records.get(id) ?? null;
  }

  /** What this name led to when it was last read; by now it may lead elsewhere. */
  named(table: LookUpTable, name: string): { readonly id: InstanceId; readonly remembered: RememberedRecord } | null {
    const id = table === 'by-marker' ? this.idsByMarker.get(name) : this.idsByNovitaId.get(name as NovitaInstanceId);
    const remembered = id === undefined ? null : this.of(id);
    return id === undefined || remembered === null ? null : { id, remembered };
  }

  /** Keeps the first object of a version, so that readers at the same time get the same one. */
  remember(id: InstanceId, version: RecordVersion, record: InstanceRecord, characters: number): RememberedRecord {
    const held = this.records.peek(id);
    if (held?.version === version) return held;
    const remembered = new RememberedRecord(version, record);
    this.records.set(id, remembered, { size: Math.max(1, characters) });
    // One that is larger than all that may be kept is not kept.
    if (this.records.has(id)) this.rememberNames(record);
    return remembered;
  }

  forget(id: InstanceId): void {
    this.records.delete(id);
  }

  private rememberNames({ id, novitaInstanceId, marker }: InstanceRecord): void {
    if (novitaInstanceId !== null) this.idsByNovitaId.set(novitaInstanceId, id);
    if (marker !== '') this.idsByMarker.set(marker, id);
  }

  private forgetNames({ id, novitaInstanceId, marker }: InstanceRecord): void {
    if (novitaInstanceId !== null && this.idsByNovitaId.get(novitaInstanceId) === id) {
      this.idsByNovitaId.delete(novitaInstanceId);
    }
    if (this.idsByMarker.get(marker) === id) this.idsByMarker.delete(marker);
  }
}

/** @param epochMs null or empty when it was never used */
export function lastUsedFrom(epochMs: string | null): Timestamp | null {
  return epochMs === null || epochMs === '' ? null : timestampFromMs(Number(epochMs));
}
