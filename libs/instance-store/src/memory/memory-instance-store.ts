import { type Clock, type LockHold, LockLostError, msFromTimestamp, type Timestamp } from '@app/platform';
import { Logger } from '@nestjs/common';
import { MAX_BATCH, refuseLargeBatch } from '../batch-limit.js';
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
import { encodeCursor } from '../listing/cursor.js';
import { fleetCounts } from '../listing/fleet-counts.js';
import { type IndexEntry, idOfMember, indexEntryOf } from '../listing/index-entry.js';
import { type ListPlan, planList } from '../listing/list-plan.js';
import { prepareRecord } from '../record/prepare-record.js';
import { MemoryChangeFeed } from './memory-change-feed.js';
import { MemoryIndexes } from './memory-indexes.js';

interface Held {
  readonly record: InstanceRecord;
  readonly entry: IndexEntry;
  readonly lastUsedAt: Timestamp | null;
}

export interface MemoryInstanceStoreOptions {
  /** Entries of the change feed that are kept, about. */
  readonly feedLimit?: number;
  /** The locks of this process; without them no write can be made under one. */
  readonly locks?: { holds(hold: LockHold): boolean };
}

const FEED_LIMIT = 10_000;

/** Keeps the records in this process; they end with it. Good for tens of thousands. */
export class MemoryInstanceStore extends InstanceStore {
  private readonly logger = new Logger('InstanceStore');
  private readonly held = new Map<InstanceId, Held>();
  private readonly indexes = new MemoryIndexes();
  private readonly feed: MemoryChangeFeed;

  constructor(
    clock: Clock,
    private readonly options: MemoryInstanceStoreOptions = {},
  ) {
    super();
    this.feed = new MemoryChangeFeed(clock, options.feedLimit ?? FEED_LIMIT);
  }

  override async insert(record: NewInstanceRecord): Promise<InsertResult> {
    return this.insertOne(record, '');
  }

  override async write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    this.refuseLostLock(options);
    const { id } = next;
    const old = this.held.get(id);
    const written = this.prepare({ ...next, revision: next.revision + 1 }, old?.lastUsedAt ?? null);
    if (old === undefined) return { outcome: 'missing' };
    if (basis.kind === 'observation' && msFromTimestamp(basis.observedAt) < old.entry.desiredMs) {
      return { outcome: 'outdated-observation', current: storedOf(old) };
    }
    if (old.record.revision !== next.revision) return { outcome: 'stale', current: storedOf(old) };
    this.refuseTakenIdentity(id, written.entry);

    this.held.set(id, written);
    this.indexes.remove(id, old.entry);
    this.indexes.add(id, written.entry, options.picture ?? '');
    const { status, revision } = written.record;
    const type = status === old.record.status ? 'instance.updated' : changeTypeOnReaching(status);
    this.feed.announce(type, id, revision, written.record);
    return { outcome: 'written', stored: storedOf(written) };
  }

  override async remove(
    id: InstanceId,
    revision: number,
    options: Partial<UnderLock> = {},
  ): Promise<'removed' | 'stale' | 'missing'> {
    this.refuseLostLock(options);
    const old = this.held.get(id);
    if (old === undefined) return 'missing';
    if (old.record.revision !== revision) return 'stale';
    this.held.delete(id);
    this.indexes.remove(id, old.entry);
    this.feed.announce('instance.removed', id, revision, null);
    return 'removed';
  }

  override async insertMany(instances: readonly ImportedInstance[], under: UnderLock): Promise<readonly boolean[]> {
    refuseLargeBatch(instances.length);
    if (instances.length === 0) return [];
    this.refuseLostLock(under);
    return instances.map(({ record, picture }) => this.insertOne(record, picture).outcome === 'inserted');
  }

  override async notePictures(notes: readonly PictureNote[], under: UnderLock): Promise<void> {
    refuseLargeBatch(notes.length);
    if (notes.length === 0) return;
    this.refuseLostLock(under);
    for (const { id, revision, picture } of notes) {
      const held = this.held.get(id);
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
    return storedOrNull(this.heldByEither(id));
  }

  override async getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    return this.storedOf(ids);
  }

  override async getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    return this.storedOf(ids.flatMap((id) => this.indexes.byNovitaId(id) ?? []));
  }

  override async getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]> {
    return this.storedOf(markers.flatMap((marker) => this.indexes.byMarker(marker) ?? []));
  }

  override async findByName(name: string, limit: number): Promise<readonly StoredInstance[]> {
    return limit < 1 ? [] : this.storedOf(this.indexes.byName(name, limit));
  }

  override async findByMarker(marker: string): Promise<StoredInstance | null> {
    return storedOrNull(this.heldBy(this.indexes.byMarker(marker)));
  }

  override async list(query: InstanceQuery): Promise<InstancePage> {
    const plan = planList(query);
    const members = this.membersOf(plan);
    const page = members.slice(0, plan.limit);
    const last = members.length > plan.limit ? page.at(-1) : undefined;
    return {
      instances: this.storedOf(page.map(idOfMember)),
      total: this.indexes.countNames(plan.scopes, plan.namePrefix),
      nextCursor: last === undefined ? null : encodeCursor(query.sort, last),
    };
  }

  override async counts(): Promise<FleetCounts> {
    return fleetCounts((status) => this.indexes.count(status), this.indexes.discoveredCount);
  }

  override async touch(id: InstanceId | NovitaInstanceId, at: Timestamp): Promise<TouchResult> {
    const held = this.heldByEither(id);
    if (held === undefined) return { outcome: 'missing' };
    const ours = held.record.id;
    if (held.lastUsedAt !== null && held.lastUsedAt >= at) {
      return { outcome: 'touched', id: ours, lastUsedAt: held.lastUsedAt, moved: false };
    }
    this.held.set(ours, { ...held, lastUsedAt: at });
    return { outcome: 'touched', id: ours, lastUsedAt: at, moved: true };
  }

  override async due(kind: DeadlineKind, now: Timestamp, limit: number): Promise<readonly InstanceId[]> {
    return limit < 1 ? [] : this.indexes.due(kind, msFromTimestamp(now), limit);
  }

  override async changesAfter(afterEntryId: string, limit: number): Promise<readonly InstanceChange[]> {
    return this.feed.after(afterEntryId, limit);
  }

  private insertOne(record: NewInstanceRecord, picture: string): InsertResult {
    const next = this.prepare({ ...record, revision: 1 }, null);
    const { marker, novitaId } = next.entry;
    const holder =
      this.held.get(record.id) ??
      this.heldBy(this.indexes.byMarker(marker)) ??
      this.heldBy(this.indexes.byNovitaId(novitaId));
    if (holder !== undefined) return { outcome: 'exists', current: storedOf(holder) };
    this.held.set(record.id, next);
    this.indexes.add(record.id, next.entry, picture);
    this.feed.announce('instance.created', record.id, 1, next.record);
    return { outcome: 'inserted', stored: storedOf(next) };
  }

  /** Up to one more than the page, by which it is known whether another follows. */
  private membersOf(plan: ListPlan): string[] {
    const { order, scopes, after, descending, namePrefix } = plan;
    const limit = plan.limit + 1;
    if (order === 'name' || namePrefix === '') {
      return this.indexes.walk(order, scopes, { prefix: namePrefix, after, descending, limit });
    }
    const members: string[] = [];
    for (const member of this.indexes.walk(order, scopes, { prefix: '', after, descending, limit: this.held.size })) {
      if (this.heldBy(idOfMember(member))?.entry.name.startsWith(namePrefix)) members.push(member);
      if (members.length === limit) break;
    }
    return members;
  }

  private prepare(next: InstanceRecord, lastUsedAt: Timestamp | null): Held {
    const { record, warnings } = prepareRecord(next);
    for (const warning of warnings) this.logger.warn(`instance ${next.id}: ${warning}`);
    return { record, entry: indexEntryOf(record), lastUsedAt };
  }

  private refuseLostLock({ hold }: Partial<UnderLock>): void {
    if (hold === undefined) return;
    if (this.options.locks === undefined) throw new Error('this store knows no locks, so nothing is written under one');
    if (!this.options.locks.holds(hold)) throw new LockLostError(hold.name);
  }

  private refuseTakenIdentity(id: InstanceId, { marker, novitaId }: IndexEntry): void {
    const markerHolder = this.indexes.byMarker(marker);
    if (markerHolder !== undefined && markerHolder !== id) throw new IdentityTakenError('marker', markerHolder);
    const novitaHolder = this.indexes.byNovitaId(novitaId);
    if (novitaHolder !== undefined && novitaHolder !== id) {
      throw new IdentityTakenError('novitaInstanceId', novitaHolder);
    }
  }

  private heldByEither(id: InstanceId | NovitaInstanceId): Held | undefined {
    return isInstanceId(id) ? this.held.get(id) : this.heldBy(this.indexes.byNovitaId(id));
  }

  private heldBy(id: InstanceId | undefined): Held | undefined {
    return id === undefined ? undefined : this.held.get(id);
  }

  private storedOf(ids: readonly InstanceId[]): StoredInstance[] {
    return ids.flatMap((id) => storedOrNull(this.held.get(id)) ?? []);
  }
}

function storedOf({ record, lastUsedAt }: Held): StoredInstance {
  return { record, lastUsedAt };
}

function storedOrNull(held: Held | undefined): StoredInstance | null {
  return held === undefined ? null : storedOf(held);
}
