import { type Timestamp, timestampFromMs } from '@app/platform';
import { RedisScript, type ReportUnreadable } from '@app/redis';
import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import {
  type IndexEntry,
  type PreparedRecord,
  parseIndexEntry,
  prepareImport,
  prepareRecord,
  type RecordRules,
} from '../plan/prepared-record.js';
import type { LookUpTable } from '../plan/write-plan.js';
import type { NewInstanceRecord } from '../ports/instance-records.port.js';
import type { InstanceId } from '../record/identity.js';
import type { InstanceRecord, StoredInstance } from '../record/instance.js';
import { CorruptRecordError, NewerRecordError, type ParsedRecord, parseRecord } from '../record/parse-record.js';
import type { StoreKeyspace } from './keyspace.js';

const READ = RedisScript.fromFile(new URL('./lua/read.lua', import.meta.url));
const READ_BY_LOOK_UP = RedisScript.fromFile(new URL('./lua/read-by-look-up.lua', import.meta.url));

/**
 * Names one written state of a record: its revision and a nonce. The nonce distinguishes two states of one revision, as
 * when Redis lost its last second and the revision was written anew; by it a writer also recognises its own write.
 */
export type RecordVersion = string;

export function newVersion(revision: number): RecordVersion {
  return `${revision}-${Math.random().toString(36).slice(2, 10)}`;
}

export function revisionOf(version: RecordVersion): number {
  return Number.parseInt(version, 10);
}

/** The basis of a plan: the state of a record, as its indexes hold it. */
export interface PlanBasis {
  readonly version: RecordVersion;
  readonly entry: IndexEntry;
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

/** How many records are remembered. */
export interface KnownLimits {
  readonly maxRecords: number;
  /** Sum of the lengths of their documents. */
  readonly maxCharacters: number;
}

/** A state that was read or written here. */
interface KnownRecord {
  readonly version: RecordVersion;
  readonly record: InstanceRecord;
  /** JSON of its index entry, which most readers never need. */
  readonly index: string;
}

/**
 * Turns replies of scripts into records, and records into documents. It remembers what was read or written lately: so
 * the next write of such a record can be planned without a read, and one version is parsed once. Redis refuses a plan
 * whose version does not stand any more.
 */
export class RecordCodec {
  private readonly logger = new Logger('InstanceStore');
  private readonly known: LRUCache<InstanceId, KnownRecord>;

  constructor(
    limits: KnownLimits,
    private readonly rules: RecordRules,
    private readonly report: ReportUnreadable = () => undefined,
  ) {
    this.known = new LRUCache({ max: limits.maxRecords, maxSize: limits.maxCharacters });
  }

  /** @throws CorruptRecordError */
  read({ id, version, lastUsed, doc, index }: RecordReply): StoredInstance {
    const known = this.known.get(id);
    if (known?.version === version) return storedAt(known.record, lastUsed);
    const { record, warnings } = this.parse(id, doc);
    this.warn(record.id, warnings);
    if (doc !== null && index !== null) this.remember({ version, record, index }, doc.length);
    return storedAt(record, lastUsed);
  }

  /** As `read`, but a record that cannot be read is logged and left out, so that it does not spoil its page. */
  readOrSkip(reply: RecordReply): StoredInstance | null {
    return this.orSkip(() => this.read(reply));
  }

  /**
   * As `readOrSkip`, for one of so many that remembering them would displace what others read and write. The record is
   * not frozen.
   */
  readInPassing({ id, lastUsed, doc }: RecordReply): StoredInstance | null {
    return this.orSkip(() => {
      const { record, warnings } = this.parse(id, doc, false);
      this.warn(record.id, warnings);
      return storedAt(record, lastUsed);
    });
  }

  /** The state of this revision, if it is known; Redis finds out whether it is the one that stands there. */
  knownAt(id: InstanceId, revision: number): PlanBasis | null {
    const known = this.known.get(id);
    if (known === undefined || revisionOf(known.version) !== revision) return null;
    return { version: known.version, entry: parseIndexEntry(known.index, id) };
  }

  /** @throws CorruptRecordError, which is also reported */
  basis({ id, version, index }: RecordReply): PlanBasis {
    try {
      return { version, entry: parseIndexEntry(index ?? '', id) };
    } catch (error) {
      if (error instanceof CorruptRecordError) {
        this.report({ kind: 'record', where: id, reason: error.reason, text: index ?? '' });
      }
      throw error;
    }
  }

  /** As `basis`, but one that cannot be read is logged and left out, so that it does not spoil its batch. */
  basisOrSkip(reply: RecordReply): PlanBasis | null {
    return this.orSkip(() => this.basis(reply));
  }

  /** @throws CorruptRecordError for an object that is no record */
  prepare(next: InstanceRecord): PreparedRecord {
    const prepared = prepareRecord(next, this.rules);
    this.warn(next.id, prepared.warnings);
    return prepared;
  }

  /** @throws CorruptRecordError for an object that is no record */
  prepareImport(record: NewInstanceRecord): PreparedRecord {
    const prepared = prepareImport(record, this.rules);
    this.warn(record.id, prepared.warnings);
    return prepared;
  }

  /** Remembers a record that was written. */
  written(version: RecordVersion, { record, json, entry }: PreparedRecord, lastUsed: string | null): StoredInstance {
    this.remember({ version, record, index: JSON.stringify(entry) }, json.length);
    return this.read({ id: record.id, version, lastUsed, doc: json, index: null });
  }

  /** @throws CorruptRecordError, which is also reported */
  private parse(id: InstanceId, doc: string | null, isShared = true): ParsedRecord {
    try {
      if (doc === null) throw new CorruptRecordError(id, 'it has no document');
      const parsed = parseRecord(doc, id, isShared);
      // What stands under another's key would be that other's record.
      if (parsed.record.id !== id) throw new CorruptRecordError(id, 'it is the document of another instance');
      return parsed;
    } catch (error) {
      if (error instanceof CorruptRecordError) {
        const kind = error instanceof NewerRecordError ? 'record-newer' : 'record';
        this.report({ kind, where: id, reason: error.reason, text: doc ?? '' });
      }
      throw error;
    }
  }

  private orSkip<Value>(read: () => Value): Value | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      this.logger.error(`${error.message}; left out`);
      return null;
    }
  }

  private remember(known: KnownRecord, characters: number): void {
    this.known.set(known.record.id, known, { size: Math.max(1, characters) });
  }

  forget(id: InstanceId): void {
    this.known.delete(id);
  }

  private warn(id: InstanceId, warnings: readonly string[]): void {
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

/** Reads records in the order of the ids, in one round trip; the missing ones are left out. */
export async function readByIds(keyspace: StoreKeyspace, ids: readonly InstanceId[]): Promise<RecordReply[]> {
  if (ids.length === 0) return [];
  const reply = (await keyspace.run(READ, ids)) as (string | null)[];
  return ids.flatMap((id, i) => {
    const [version = null, lastUsed = null, doc = null, index = null] = reply.slice(4 * i, 4 * i + 4);
    return version === null ? [] : [{ id, version, lastUsed, doc, index }];
  });
}

/** Reads records by markers or by the provider's ids, likewise. */
export async function readByLookUp(
  keyspace: StoreKeyspace,
  table: LookUpTable,
  names: readonly string[],
): Promise<RecordReply[]> {
  const wellFormed = names.map((name) => name.toWellFormed());
  return repliesOf(await keyspace.run(READ_BY_LOOK_UP, [table, ...wellFormed]));
}

/** @param flat id, version, latest use, document and index entry of each record, one after the other */
export function repliesOf(flat: unknown): RecordReply[] {
  const values = flat as (string | null)[];
  const replies: RecordReply[] = [];
  for (let i = 0; i < values.length; i += 5) {
    const [id, version, lastUsed = null, doc = null, index = null] = values.slice(i, i + 5);
    replies.push({ id: id as InstanceId, version: version ?? '', lastUsed, doc, index });
  }
  return replies;
}
