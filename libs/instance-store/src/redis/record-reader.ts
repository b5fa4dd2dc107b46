import { type Timestamp, timestampFromMs } from '@app/platform';
import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { InstanceRecord, StoredInstance } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import { type IndexEntry, parseIndexEntry } from '../record/index-entry.js';
import { CorruptRecordError, parseRecord } from '../record/parse-record.js';

/**
 * Names one written state of a record: its revision and a nonce. The nonce tells apart two states of one revision, as
 * when Redis lost its last second and the revision was written anew; it also lets a writer recognise its own write.
 */
export type RecordVersion = string;

export function newVersion(revision: number): RecordVersion {
  return `${revision}-${Math.random().toString(36).slice(2, 10)}`;
}

export function revisionOf(version: RecordVersion): number {
  return Number.parseInt(version, 10);
}

/** One record as scripts answer it. */
export interface RecordReply {
  readonly id: InstanceId;
  readonly version: RecordVersion;
  /** Epoch milliseconds; null or empty when it was never used. */
  readonly lastUsed: string | null;
  readonly doc: string | null;
  /** JSON of its index entry. */
  readonly index: string | null;
}

export interface KnownLimits {
  readonly maxRecords: number;
  /** Sum of the lengths of their documents. */
  readonly maxCharacters: number;
}

/** A state that was read or written here. */
export interface KnownRecord {
  readonly version: RecordVersion;
  readonly record: InstanceRecord;
  /** JSON of its index entry, which most readers never need. */
  readonly index: string;
}

/**
 * Turns answers of scripts into records. What was read or written lately is known: so the next write of it can be planned
 * without a read, and the same version is parsed once. A plan is refused when the version does not stand any more.
 */
export class RecordReader {
  private readonly logger = new Logger('InstanceStore');
  private readonly known: LRUCache<InstanceId, KnownRecord>;

  constructor(limits: KnownLimits) {
    this.known = new LRUCache({ max: limits.maxRecords, maxSize: limits.maxCharacters });
  }

  /** @throws CorruptRecordError */
  read({ id, version, lastUsed, doc, index }: RecordReply): StoredInstance {
    const known = this.known.get(id);
    if (known?.version === version) return storedAt(known.record, lastUsed);
    if (doc === null) throw new CorruptRecordError(id, 'it has no document');
    const { record, warnings } = parseRecord(doc, id);
    this.warn(record.id, warnings);
    if (index !== null) this.remember({ version, record, index }, doc.length);
    return storedAt(record, lastUsed);
  }

  /** As `read`, but a record that cannot be read is logged and left out, so that it does not spoil its page. */
  readOrSkip(reply: RecordReply): StoredInstance | null {
    try {
      return this.read(reply);
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      this.logger.error(`${error.message}; left out`);
      return null;
    }
  }

  /** As `readOrSkip`, for one of so many that what others read and write would not be known any more. Not frozen. */
  readInPassing({ id, lastUsed, doc }: RecordReply): StoredInstance | null {
    try {
      if (doc === null) throw new CorruptRecordError(id, 'it has no document');
      const { record, warnings } = parseRecord(doc, id, false);
      this.warn(record.id, warnings);
      return storedAt(record, lastUsed);
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      this.logger.error(`${error.message}; left out`);
      return null;
    }
  }

  /** The state of this revision, if it is known; Redis says whether it is the one that stands there. */
  knownAt(id: InstanceId, revision: number): { readonly version: RecordVersion; readonly entry: IndexEntry } | null {
    const known = this.known.get(id);
    if (known === undefined || revisionOf(known.version) !== revision) return null;
    return { version: known.version, entry: parseIndexEntry(known.index, id) };
  }

  remember(known: KnownRecord, characters: number): void {
    this.known.set(known.record.id, known, { size: Math.max(1, characters) });
  }

  forget(id: InstanceId): void {
    this.known.delete(id);
  }

  warn(id: InstanceId, warnings: readonly string[]): void {
    for (const warning of warnings) this.logger.warn(`instance ${id}: ${warning}`);
  }
}

/** @param epochMs null or empty when it was never used */
export function lastUsedFrom(epochMs: string | null): Timestamp | null {
  return epochMs === null || epochMs === '' ? null : timestampFromMs(Number(epochMs));
}

function storedAt(record: InstanceRecord, lastUsed: string | null): StoredInstance {
  return { record, lastUsedAt: lastUsedFrom(lastUsed) };
}
