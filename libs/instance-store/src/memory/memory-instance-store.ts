import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import { type LockHold } from '@app/redis';
import { MAX_BATCH, refuseLargeBatch } from '../batch-limit.js';
import type { FleetNews } from '../change-feed.js';
import { DEFAULT_IDLE_RULES } from '../idle/default-idle-rules.js';
import type { IdleRules } from '../idle/idle-clock.js';
import { DEADLINE_KINDS, type DeadlineKind, type InstanceRecord, type StoredInstance } from '../instance.js';
import type { InstanceId, NovitaInstanceId } from '../instance-id.js';
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
import { encodeCursor } from '../listing/cursor.js';
import { fleetCounts } from '../listing/fleet-counts.js';
import { idOfMember } from '../listing/index-entry.js';
import { planList } from '../listing/list-plan.js';
import type { InstanceSpend, SpendPeriod, SpendReading } from '../spend/spend-reading.js';
import { MemoryChangeFeed } from './memory-change-feed.js';
import { MemoryFleet, storedOrNull } from './memory-fleet.js';
import { MemoryIdleDeadlines } from './memory-idle-deadlines.js';
import { MemoryLedger } from './memory-ledger.js';
import { MemoryRecordWriter } from './memory-record-writer.js';
import { MemorySpendMeters } from './memory-spend-meters.js';
import { MemoryUnconfirmedWishes } from './memory-unconfirmed-wishes.js';

export interface MemoryInstanceStoreOptions {
  /** What it writes its changes to; one of its own when left out. */
  readonly feed?: MemoryChangeFeed;
  /** The locks of this process; without them no write can be made under one. */
  readonly locks?: { holds(hold: LockHold): boolean };
  /** By what instances count as idle. */
  readonly rules?: IdleRules;
  /** How long a stop or delete may wait for the provider's agreement. */
  readonly confirmPatienceMs?: number;
}

/** Keeps the records in this process; they end with it. Good for tens of thousands. */
export class MemoryInstanceStore extends InstanceStore {
  private readonly fleet = new MemoryFleet();
  private readonly indexes = this.fleet.indexes;
  private readonly ledgers = new MemoryLedger();
  private readonly meters = new MemorySpendMeters();
  readonly feed: MemoryChangeFeed;
  private readonly writer: MemoryRecordWriter;
  private readonly idle: MemoryIdleDeadlines;
  private readonly unconfirmed: MemoryUnconfirmedWishes;

  constructor(clock: Clock, options: MemoryInstanceStoreOptions = {}) {
    super();
    const { locks, rules = DEFAULT_IDLE_RULES, feed = new MemoryChangeFeed(clock) } = options;
    const { confirmPatienceMs = DEFAULT_CONFIRM_PATIENCE_MS } = options;
    this.feed = feed;
    this.writer = new MemoryRecordWriter(this.fleet, this.feed, this.ledgers, this.meters, clock, {
      locks,
      rules,
      confirmPatienceMs,
    });
    this.idle = new MemoryIdleDeadlines(this.fleet, this.feed, this.ledgers, clock, rules);
    this.unconfirmed = new MemoryUnconfirmedWishes(this.fleet, this.feed, this.ledgers, clock);
  }

  override async insert(record: NewInstanceRecord): Promise<InsertResult> {
    return this.writer.insert(record);
  }

  override async write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    return this.writer.write(next, basis, options);
  }

  override async remove(
    id: InstanceId,
    revision: number,
    options: Partial<UnderLock> = {},
  ): Promise<'removed' | 'stale' | 'missing'> {
    return this.writer.remove(id, revision, options);
  }

  override async insertMany(instances: readonly ImportedInstance[], under: UnderLock): Promise<readonly boolean[]> {
    refuseLargeBatch(instances.length);
    if (instances.length === 0) return [];
    this.writer.refuseLostLock(under);
    return instances.map(({ record, picture }) => this.writer.import(record, picture).outcome === 'inserted');
  }

  override async restore(records: readonly StoredInstance[]): Promise<number> {
    refuseLargeBatch(records.length);
    return records.filter((stored) => this.writer.restore(stored)).length;
  }

  override async notePictures(notes: readonly PictureNote[], under: UnderLock): Promise<void> {
    refuseLargeBatch(notes.length);
    if (notes.length === 0) return;
    this.writer.refuseLostLock(under);
    for (const { id, revision, picture } of notes) {
      const held = this.fleet.of(id);
      if (held?.record.revision === revision) this.indexes.notePicture(held.entry, picture);
    }
  }

  override async pictures(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    return novitaIds.map((novitaId) => this.indexes.pictureOf(novitaId) ?? null);
  }

  override async pictureCount(): Promise<number> {
    return this.indexes.pictureCount;
  }

  override async *scanNovitaIds(signal?: AbortSignal): AsyncGenerator<readonly NovitaInstanceId[], void, undefined> {
    const ids = this.indexes.picturedIds() as NovitaInstanceId[];
    signal?.throwIfAborted();
    for (let from = 0; from < ids.length; from += MAX_BATCH) {
      yield ids.slice(from, from + MAX_BATCH);
      signal?.throwIfAborted();
    }
  }

  override async get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    return storedOrNull(this.fleet.ofEither(id));
  }

  override async getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    return this.fleet.stored(ids);
  }

  override async getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    return this.fleet.stored(ids.flatMap((id) => this.indexes.byNovitaId(id) ?? []));
  }

  override async getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]> {
    return this.fleet.stored(markers.flatMap((marker) => this.indexes.byMarker(marker) ?? []));
  }

  override async findByName(name: string, limit: number): Promise<readonly StoredInstance[]> {
    return limit < 1 ? [] : this.fleet.stored(this.indexes.byName(name, limit));
  }

  override async findByMarker(marker: string): Promise<StoredInstance | null> {
    return storedOrNull(this.fleet.of(this.indexes.byMarker(marker)));
  }

  override async list(query: InstanceQuery): Promise<InstancePage> {
    const plan = planList(query);
    const members = this.fleet.membersOf(plan);
    const page = members.slice(0, plan.limit);
    const last = members.length > plan.limit ? page.at(-1) : undefined;
    return {
      instances: this.fleet.stored(page.map(idOfMember)),
      total: this.indexes.countNames(plan.scopes, plan.namePrefix),
      nextCursor: last === undefined ? null : encodeCursor(query.sort, last),
    };
  }

  override async counts(): Promise<FleetCounts> {
    return fleetCounts((status) => this.indexes.count(status), this.indexes.discoveredCount);
  }

  override async touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): Promise<TouchResult> {
    return this.idle.touch(id, at, by);
  }

  override async lastUsedBy(id: InstanceId): Promise<string | null> {
    return this.fleet.of(id)?.lastUsedBy ?? null;
  }

  override async claimIdle(next: InstanceRecord, claim: IdleClaim): Promise<IdleClaimResult> {
    return this.writer.claimIdle(next, claim);
  }

  override async warnIdle(
    warning: IdleWarning,
  ): Promise<'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing'> {
    return this.idle.warn(warning);
  }

  override async reindexIdle(ids: readonly InstanceId[]): Promise<void> {
    this.idle.reindex(ids);
  }

  override async putOffIdle(ids: readonly InstanceId[], at: Timestamp): Promise<void> {
    this.idle.putOff(ids, at);
  }

  override async ledger(id: InstanceId, limit: number): Promise<readonly LedgerEntry[]> {
    return this.ledgers.latest(id, limit);
  }

  override async enterInLedger(
    entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[],
  ): Promise<void> {
    refuseLargeBatch(entries.length);
    for (const { id, entry } of entries) if (this.fleet.of(id) !== undefined) this.ledgers.enter(id, [entry]);
  }

  override async due(kind: DeadlineKind, now: Timestamp, limit: number, skip = 0): Promise<readonly InstanceId[]> {
    return limit < 1 ? [] : this.indexes.due(kind, msFromTimestamp(now), limit, skip);
  }

  override async kindsDue(now: Timestamp): Promise<ReadonlySet<DeadlineKind>> {
    return new Set(DEADLINE_KINDS.filter((kind) => this.indexes.dueCount(kind, msFromTimestamp(now)) > 0));
  }

  override async dueCount(kind: DeadlineKind, now: Timestamp): Promise<number> {
    return this.indexes.dueCount(kind, msFromTimestamp(now));
  }

  override async announceUnconfirmed(ids: readonly InstanceId[]): Promise<number> {
    return this.unconfirmed.announce(ids);
  }

  override async spend(sinceDay: number): Promise<SpendReading> {
    return this.meters.read(sinceDay);
  }

  override async spendByInstance(period: SpendPeriod, limit: number): Promise<readonly InstanceSpend[]> {
    return this.meters.byInstance(period, limit);
  }

  override async bookSpend(now: Timestamp, signal: AbortSignal): Promise<void> {
    this.meters.book(msFromTimestamp(now), signal);
  }

  override async announceOnce(key: string, news: FleetNews): Promise<boolean> {
    return this.feed.announceOnce(key, news);
  }
}
