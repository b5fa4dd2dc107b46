import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import type { Redis } from 'ioredis';
import type { FleetNews } from '../change-feed.js';
import { CHANGE_FEED_LIMIT } from '../feed/feed-limit.js';
import { DEFAULT_IDLE_RULES } from '../idle/default-idle-rules.js';
import type { IdleRules } from '../idle/idle-clock.js';
import { DEADLINE_KINDS, type DeadlineKind, type InstanceRecord, type StoredInstance } from '../instance.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import {
  type FleetCounts,
  type IdleClaim,
  type IdleClaimResult,
  type IdleWarning,
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
import type { LedgerEntry } from '../ledger/ledger-entry.js';
import { DEFAULT_CONFIRM_PATIENCE_MS } from '../listing/confirm-by.js';
import { fleetCounts } from '../listing/fleet-counts.js';
import type { InstanceSpend, SpendPeriod, SpendReading } from '../spend/spend-reading.js';
import { BulkInserter } from './bulk-inserter.js';
import { IdleDeadlines } from './idle-deadlines.js';
import { InstanceLister } from './instance-lister.js';
import { LedgerTable } from './ledger-table.js';
import { PictureTable } from './picture-table.js';
import { RecordFetcher } from './record-fetcher.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import { ScriptRunner } from './redis-script.js';
import { RedisSpendMeters } from './redis-spend-meters.js';
import { type RememberedLimits, RememberedRecords } from './remembered-records.js';
import { ANNOUNCE_ONCE } from './scripts/announce-once.lua.js';
import { KINDS_DUE } from './scripts/read.lua.js';
import { orStoreError } from './store-error.js';
import { UnconfirmedWishes } from './unconfirmed-wishes.js';

export interface RedisInstanceStoreOptions {
  /** Becomes the hash tag of every key. */
  readonly keyPrefix: string;
  /** Entries of the change feed that are kept, about. */
  readonly feedLimit?: number;
  readonly remembered?: RememberedLimits;
  /** Candidates looked at for one page by a name prefix in order of creation. */
  readonly prefixBound?: number;
  /** By what instances count as idle. */
  readonly rules?: IdleRules;
  /** How long a stop or delete may wait for the provider's agreement. */
  readonly confirmPatienceMs?: number;
}

const REMEMBERED: RememberedLimits = { maxRecords: 20_000, maxCharacters: 64 * 1024 * 1024 };
const PREFIX_BOUND = 500;

/**
 * Keeps the records in Redis: one hash per record, written together with its indexes, counters and feed entry by one
 * script each. Keys, all in one hash tag: `instance:<id>`, `by-created:<scope>`, `by-name:<scope>`, `by-marker`,
 * `by-novita-id`, `pictures`, `due:<kind>`, `ledger:<id>`, `counts`, `changes`, `told:<key>`; those of the meters are
 * told in meters.lua.ts.
 */
export class RedisInstanceStore extends InstanceStore {
  private readonly hashTag: string;
  private readonly reader: RecordReader;
  private readonly writer: RecordWriter;
  private readonly fetcher: RecordFetcher;
  private readonly lister: InstanceLister;
  private readonly bulk: BulkInserter;
  private readonly pictureTable: PictureTable;
  private readonly idle: IdleDeadlines;
  private readonly ledgers: LedgerTable;
  private readonly meters: RedisSpendMeters;
  private readonly unconfirmed: UnconfirmedWishes;
  private readonly feedLimit: number;
  private readonly scripts: ScriptRunner;

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
    options: RedisInstanceStoreOptions,
  ) {
    super();
    const hashTag = `{${options.keyPrefix}}`;
    const { feedLimit = CHANGE_FEED_LIMIT, prefixBound = PREFIX_BOUND, rules = DEFAULT_IDLE_RULES } = options;
    const { confirmPatienceMs = DEFAULT_CONFIRM_PATIENCE_MS } = options;
    const remembered = new RememberedRecords(options.remembered ?? REMEMBERED);
    const scripts = new ScriptRunner(redis, hashTag);
    this.hashTag = hashTag;
    this.feedLimit = feedLimit;
    this.scripts = scripts;
    this.reader = new RecordReader(remembered);
    this.fetcher = new RecordFetcher(scripts, remembered, this.reader);
    this.writer = new RecordWriter(scripts, remembered, this.reader, clock, { feedLimit, rules, confirmPatienceMs });
    this.bulk = new BulkInserter(scripts, this.reader, clock, { feedLimit, rules, confirmPatienceMs });
    this.pictureTable = new PictureTable(redis, scripts, hashTag);
    this.idle = new IdleDeadlines(redis, scripts, this.fetcher, clock, { hashTag, feedLimit, rules });
    this.ledgers = new LedgerTable(redis, scripts, hashTag);
    this.meters = new RedisSpendMeters(redis, scripts, hashTag);
    this.unconfirmed = new UnconfirmedWishes(scripts, clock, feedLimit);
    this.lister = new InstanceLister(scripts, remembered, this.fetcher, prefixBound);
  }

  override insert(record: NewInstanceRecord): Promise<InsertResult> {
    return this.writer.insert(record);
  }

  override write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    return this.writer.write(next, basis, options);
  }

  override remove(
    id: InstanceId,
    revision: number,
    options: Partial<UnderLock> = {},
  ): Promise<'removed' | 'stale' | 'missing'> {
    return this.writer.remove(id, revision, options);
  }

  override insertMany(instances: readonly ImportedInstance[], under: UnderLock): Promise<readonly boolean[]> {
    return this.bulk.insert(instances, under);
  }

  override restore(records: readonly StoredInstance[]): Promise<number> {
    return this.writer.restore(records);
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

  override touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): Promise<TouchResult> {
    return this.idle.touch(id, at, by);
  }

  override lastUsedBy(id: InstanceId): Promise<string | null> {
    return this.idle.lastUsedBy(id);
  }

  override claimIdle(next: InstanceRecord, claim: IdleClaim): Promise<IdleClaimResult> {
    return this.writer.claimIdle(next, claim);
  }

  override warnIdle(warning: IdleWarning): Promise<'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing'> {
    return this.idle.warn(warning);
  }

  override reindexIdle(ids: readonly InstanceId[]): Promise<void> {
    return this.idle.reindex(ids);
  }

  override putOffIdle(ids: readonly InstanceId[], at: Timestamp): Promise<void> {
    return this.idle.putOff(ids, at);
  }

  override ledger(id: InstanceId, limit: number): Promise<readonly LedgerEntry[]> {
    return this.ledgers.latest(id, limit);
  }

  override enterInLedger(entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[]): Promise<void> {
    return this.ledgers.enter(entries);
  }

  override async due(kind: DeadlineKind, now: Timestamp, limit: number, skip = 0): Promise<readonly InstanceId[]> {
    if (limit < 1) return [];
    const key = `${this.hashTag}:due:${kind}`;
    const latest = String(msFromTimestamp(now));
    const ids = await orStoreError(this.redis.zrange(key, '-inf', latest, 'BYSCORE', 'LIMIT', skip, limit));
    return ids as InstanceId[];
  }

  override async kindsDue(now: Timestamp): Promise<ReadonlySet<DeadlineKind>> {
    const flags = (await this.scripts.run(KINDS_DUE, [msFromTimestamp(now), ...DEADLINE_KINDS])) as readonly number[];
    return new Set(DEADLINE_KINDS.filter((_, index) => flags[index] === 1));
  }

  override dueCount(kind: DeadlineKind, now: Timestamp): Promise<number> {
    return orStoreError(this.redis.zcount(`${this.hashTag}:due:${kind}`, '-inf', msFromTimestamp(now)));
  }

  override announceUnconfirmed(ids: readonly InstanceId[]): Promise<number> {
    return this.unconfirmed.announce(ids);
  }

  override spend(sinceDay: number): Promise<SpendReading> {
    return this.meters.read(sinceDay);
  }

  override spendByInstance(period: SpendPeriod, limit: number): Promise<readonly InstanceSpend[]> {
    return this.meters.byInstance(period, limit);
  }

  override bookSpend(now: Timestamp, signal: AbortSignal): Promise<void> {
    return this.meters.book(msFromTimestamp(now), signal);
  }

  override async announceOnce(key: string, { type, data }: FleetNews): Promise<boolean> {
    const args = [key, this.feedLimit, type, this.clock.timestamp(), JSON.stringify(data)];
    return (await this.scripts.run(ANNOUNCE_ONCE, args)) === 1;
  }
}
