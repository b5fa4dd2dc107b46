import { type Clock, LockLostError, msFromTimestamp, type Timestamp } from '@app/platform';
import type { Redis } from 'ioredis';
import type { InstanceChange } from '../change-feed.js';
import { changeTypeOnReaching } from '../change-type.js';
import type { DeadlineKind, InstanceRecord, StoredInstance } from '../instance.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import {
  type FleetCounts,
  IdentityTakenError,
  type ImportedInstance,
  type InsertResult,
  type InstancePage,
  type InstanceQuery,
  InstanceStore,
  type NewInstanceRecord,
  type PictureNote,
  type TouchResult,
  type UnderLock,
  type WriteBasis,
  type WriteOptions,
  type WriteResult,
} from '../instance-store.port.js';
import { fleetCounts } from '../listing/fleet-counts.js';
import { indexEntryOf } from '../listing/index-entry.js';
import { feedPosition } from '../record/feed-position.js';
import { type PreparedRecord, prepareRecord } from '../record/prepare-record.js';
import { BulkInserter } from './bulk-inserter.js';
import { type FeedEntry, readFeedEntry } from './feed-entry.js';
import { InstanceLister } from './instance-lister.js';
import { lockArguments } from './lock-arguments.js';
import { PictureTable } from './picture-table.js';
import { RecordFetcher } from './record-fetcher.js';
import { RecordReader } from './record-reader.js';
import { newVersion, type RecordVersion } from './record-version.js';
import { ScriptRunner } from './redis-script.js';
import { lastUsedFrom, type RememberedLimits, RememberedRecords } from './remembered-records.js';
import { INSERT } from './scripts/insert.lua.js';
import { REMOVE } from './scripts/remove.lua.js';
import { TOUCH } from './scripts/touch.lua.js';
import { WRITE } from './scripts/write.lua.js';
import { orStoreError } from './store-error.js';

export interface RedisInstanceStoreOptions {
  /** Becomes the hash tag of every key. */
  readonly keyPrefix: string;
  /** Entries of the change feed that are kept, about. */
  readonly feedLimit?: number;
  readonly remembered?: RememberedLimits;
  /** Candidates looked at for one page by a name prefix in order of creation. */
  readonly prefixBound?: number;
}

const FEED_LIMIT = 10_000;
const REMEMBERED: RememberedLimits = { maxRecords: 20_000, maxCharacters: 64 * 1024 * 1024 };
const PREFIX_BOUND = 500;

/**
 * Keeps the records in Redis: one hash per record, written together with its indexes, counters and feed entry by one
 * script each. Keys, all in one hash tag: `instance:<id>`, `by-created:<scope>`, `by-name:<scope>`, `by-marker`,
 * `by-novita-id`, `pictures`, `due:<kind>`, `counts`, `changes`.
 */
export class RedisInstanceStore extends InstanceStore {
  private readonly hashTag: string;
  private readonly feedLimit: number;
  private readonly remembered: RememberedRecords;
  private readonly reader: RecordReader;
  private readonly scripts: ScriptRunner;
  private readonly fetcher: RecordFetcher;
  private readonly lister: InstanceLister;
  private readonly bulk: BulkInserter;
  private readonly pictureTable: PictureTable;

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
    options: RedisInstanceStoreOptions,
  ) {
    super();
    this.hashTag = `{${options.keyPrefix}}`;
    this.feedLimit = options.feedLimit ?? FEED_LIMIT;
    this.remembered = new RememberedRecords(options.remembered ?? REMEMBERED);
    this.reader = new RecordReader(this.remembered);
    this.scripts = new ScriptRunner(redis, this.hashTag);
    this.fetcher = new RecordFetcher(this.scripts, this.remembered, this.reader);
    this.bulk = new BulkInserter(this.scripts, this.reader, clock, this.feedLimit);
    this.pictureTable = new PictureTable(redis, this.scripts, this.hashTag);
    const prefixBound = options.prefixBound ?? PREFIX_BOUND;
    this.lister = new InstanceLister(this.scripts, this.remembered, this.fetcher, prefixBound);
  }

  override async insert(record: NewInstanceRecord): Promise<InsertResult> {
    const prepared = this.prepare({ ...record, revision: 1 });
    const version = newVersion(1);
    const entry = JSON.stringify(indexEntryOf(prepared.record));
    const reply = (await this.scripts.run(INSERT, [
      record.id,
      version,
      prepared.json,
      entry,
      this.feedLimit,
      this.clock.timestamp(),
    ])) as ['inserted'] | ['exists', InstanceId, RecordVersion, string | null, string];
    // Our own version stands there when the answer to the first try was lost and the command was sent again.
    if (reply[0] === 'inserted' || reply[2] === version) {
      return { outcome: 'inserted', stored: this.written(prepared, version, null) };
    }
    const [outcome, id, heldVersion, lastUsed, doc] = reply;
    return { outcome, current: this.reader.read({ id, version: heldVersion, lastUsed, doc }) };
  }

  override async write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    const prepared = this.prepare({ ...next, revision: next.revision + 1 });
    const version = newVersion(prepared.record.revision);
    const reply = (await this.scripts.run(WRITE, [
      next.id,
      next.revision,
      version,
      prepared.json,
      JSON.stringify(indexEntryOf(prepared.record)),
      basis.kind === 'observation' ? msFromTimestamp(basis.observedAt) : '',
      changeTypeOnReaching(prepared.record.status),
      this.feedLimit,
      this.clock.timestamp(),
      options.picture ?? '',
      ...lockArguments(options),
    ])) as WriteReply;
    if (reply[0] === 'lock-lost') throw new LockLostError(options.hold?.name ?? '');
    if (reply[0] === 'missing') return { outcome: 'missing' };
    if (reply[0] === 'written') return { outcome: 'written', stored: this.written(prepared, version, reply[1]) };
    if (reply[0] === 'taken') {
      throw new IdentityTakenError(reply[1] === 'marker' ? 'marker' : 'novitaInstanceId', reply[2]);
    }
    const [outcome, heldVersion, lastUsed, doc] = reply;
    return { outcome, current: this.reader.read({ id: next.id, version: heldVersion, lastUsed, doc }) };
  }

  override async remove(
    id: InstanceId,
    revision: number,
    options: Partial<UnderLock> = {},
  ): Promise<'removed' | 'stale' | 'missing'> {
    const outcome = (await this.scripts.run(REMOVE, [
      id,
      revision,
      this.feedLimit,
      this.clock.timestamp(),
      ...lockArguments(options),
    ])) as 'removed' | 'stale' | 'missing' | 'lock-lost';
    if (outcome === 'lock-lost') throw new LockLostError(options.hold?.name ?? '');
    if (outcome === 'removed') this.remembered.forget(id);
    return outcome;
  }

  override insertMany(instances: readonly ImportedInstance[], under: UnderLock): Promise<readonly boolean[]> {
    return this.bulk.insert(instances, under);
  }

  override notePictures(notes: readonly PictureNote[], under: UnderLock): Promise<void> {
    return this.pictureTable.note(notes, under);
  }

  override pictures(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    return this.pictureTable.of(novitaIds);
  }

  override pictureCount(): Promise<number> {
    return this.pictureTable.count();
  }

  override scanNovitaIds(signal?: AbortSignal): AsyncIterable<readonly NovitaInstanceId[]> {
    return this.pictureTable.novitaIds(signal);
  }

  override get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    return isInstanceId(id) ? this.fetcher.byId(id) : this.fetcher.byLookUp('by-novita-id', id);
  }

  override getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    return this.fetcher.byIds(ids);
  }

  override getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    return this.fetcher.byLookUps('by-novita-id', ids);
  }

  override getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]> {
    return this.fetcher.byLookUps('by-marker', markers);
  }

  override findByName(name: string, limit: number): Promise<readonly StoredInstance[]> {
    return limit < 1 ? Promise.resolve([]) : this.fetcher.byName(name, limit);
  }

  override findByMarker(marker: string): Promise<StoredInstance | null> {
    return this.fetcher.byLookUp('by-marker', marker);
  }

  override list(query: InstanceQuery): Promise<InstancePage> {
    return this.lister.list(query);
  }

  override async counts(): Promise<FleetCounts> {
    const counts = await orStoreError(this.redis.hgetall(`${this.hashTag}:counts`));
    return fleetCounts((status) => Number(counts[status] ?? 0), Number(counts['discovered'] ?? 0));
  }

  override async touch(id: InstanceId | NovitaInstanceId, at: Timestamp): Promise<TouchResult> {
    const kind = isInstanceId(id) ? 'ours' : 'novita';
    const reply = (await this.scripts.run(TOUCH, [id, kind, msFromTimestamp(at)])) as [InstanceId, string, number] | [];
    const [ours, lastUsed, moved] = reply;
    const lastUsedAt = lastUsedFrom(lastUsed ?? null);
    if (ours === undefined || lastUsedAt === null) return { outcome: 'missing' };
    return { outcome: 'touched', id: ours, lastUsedAt, moved: moved === 1 };
  }

  override async due(kind: DeadlineKind, now: Timestamp, limit: number): Promise<readonly InstanceId[]> {
    if (limit < 1) return [];
    const key = `${this.hashTag}:due:${kind}`;
    const latest = String(msFromTimestamp(now));
    const ids = await orStoreError(this.redis.zrange(key, '-inf', latest, 'BYSCORE', 'LIMIT', 0, limit));
    return ids as InstanceId[];
  }

  override async changesAfter(afterEntryId: string, limit: number): Promise<readonly InstanceChange[]> {
    const position = feedPosition(afterEntryId);
    if (limit < 1) return [];
    const key = `${this.hashTag}:changes`;
    const entries = await orStoreError(this.redis.xrange(key, `(${position}`, '+', 'COUNT', limit));
    return entries.flatMap((entry: FeedEntry) => readFeedEntry(entry, this.reader) ?? []);
  }

  private prepare(next: InstanceRecord): PreparedRecord {
    const prepared = prepareRecord(next);
    this.reader.warn(next.id, prepared.warnings);
    return prepared;
  }

  private written({ record, json }: PreparedRecord, version: RecordVersion, lastUsed: string | null): StoredInstance {
    return this.remembered.remember(record.id, version, record, json.length).usedAt(lastUsed);
  }
}

type WriteReply =
  | ['missing']
  | ['lock-lost']
  | ['written', string | null]
  | ['taken', 'marker' | 'novitaId', InstanceId]
  | ['stale' | 'outdated-observation', RecordVersion, string | null, string];
