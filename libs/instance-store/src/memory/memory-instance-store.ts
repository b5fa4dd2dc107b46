import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import { Logger } from '@nestjs/common';
import { MAX_BATCH, refuseLargeBatch } from '../batch-limit.js';
import type { FleetNews } from '../change-feed.js';
import { DEFAULT_IDLE_RULES } from '../idle/default-idle-rules.js';
import { type IdleState, idleDueMs, idleStateOf, msOrBefore } from '../idle/idle-state.js';
import { DEADLINE_KINDS, type DeadlineKind, type InstanceRecord, type StoredInstance } from '../instance.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import type { InstanceStatus } from '../instance-status.js';
import {
  type FleetCounts,
  fleetCounts,
  IdentityTakenError,
  type IdleClaim,
  type IdleClaimResult,
  type IdleWarning,
  type ImportedInstance,
  type InsertResult,
  InstanceStore,
  type NewInstanceRecord,
  type PictureNote,
  type RecordPage,
  type TouchResult,
  type UnderLock,
  type WriteBasis,
  type WriteOptions,
  type WriteResult,
} from '../instance-store.port.js';
import type { LedgerEntry } from '../ledger/ledger-entry.js';
import { boundedBy } from '../ledger/ledger-line.js';
import { unconfirmedEntry, warningEntry } from '../ledger/write-account.js';
import { DEFAULT_CONFIRM_PATIENCE_MS, type IndexEntry, idOfMember, picturedId } from '../record/index-entry.js';
import { type PreparedRecord, prepareRecord, type RecordRules } from '../record/prepare-record.js';
import type { InstanceSpend, SpendPeriod, SpendReading } from '../spend/spend-reading.js';
import { claimsOf, isOutdated, type Mutation, planWrite, type WriteAct, type WritePlan } from '../write-plan.js';
import { MemoryChangeFeed } from './memory-change-feed.js';
import { MemorySpendMeters } from './memory-spend-meters.js';
import { MemoryTables } from './memory-tables.js';

export interface MemoryInstanceStoreOptions extends Partial<RecordRules> {
  /** What it writes its changes to; one of its own when left out. */
  readonly feed?: MemoryChangeFeed;
  /** The locks of this process; without them no write can be made under one. */
  readonly locks?: { holds(hold: LockHold): boolean };
}

interface Held {
  readonly record: InstanceRecord;
  readonly entry: IndexEntry;
  readonly idle: IdleState;
  readonly lastUsedAt: Timestamp | null;
  /** Who reported the latest use; null when it was not told. */
  readonly lastUsedBy: string | null;
  /** The beginning of the idle period that was warned about last. */
  readonly warnedMs: number | null;
}

const NEVER_USED = { lastUsedAt: null, lastUsedBy: null, warnedMs: null } as const;

/**
 * Keeps the records in this process; they end with it. Good for tens of thousands. Carries out the same plans as the one
 * in Redis, each without a pause in between.
 */
export class MemoryInstanceStore extends InstanceStore {
  readonly feed: MemoryChangeFeed;
  private readonly logger = new Logger('InstanceStore');
  private readonly held = new Map<InstanceId, Held>();
  private readonly tables = new MemoryTables();
  private readonly meters = new MemorySpendMeters();
  private readonly locks: MemoryInstanceStoreOptions['locks'];
  private readonly rules: RecordRules;

  constructor(
    private readonly clock: Clock,
    options: MemoryInstanceStoreOptions = {},
  ) {
    super();
    this.locks = options.locks;
    this.feed = options.feed ?? new MemoryChangeFeed(clock);
    this.rules = {
      rules: options.rules ?? DEFAULT_IDLE_RULES,
      confirmPatienceMs: options.confirmPatienceMs ?? DEFAULT_CONFIRM_PATIENCE_MS,
    };
  }

  override async insert(record: NewInstanceRecord): Promise<InsertResult> {
    return this.insertOne(record, { kind: 'insert' });
  }

  override async write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    this.refuseLostLock(options);
    const { id } = next;
    const old = this.held.get(id);
    const prepared = this.prepared({ ...next, revision: next.revision + 1 });
    if (old === undefined) return { outcome: 'missing' };
    if (isOutdated(basis, old.entry)) return { outcome: 'outdated-observation', current: storedOf(old) };
    if (old.record.revision !== next.revision) return { outcome: 'stale', current: storedOf(old) };
    const act: WriteAct = { kind: 'write', basis, options };
    const plan = planWrite(id, old.entry, prepared, act, this.clock.timestamp());
    const taken = this.holderOf(plan);
    if (taken !== null) {
      throw new IdentityTakenError(taken.table === 'by-marker' ? 'marker' : 'novitaInstanceId', taken.id);
    }
    return { outcome: 'written', stored: this.apply(plan, prepared) };
  }

  override async claimIdle(next: InstanceRecord, { lastUsedAt, reason }: IdleClaim): Promise<IdleClaimResult> {
    const held = this.held.get(next.id);
    if (held?.record.revision === next.revision && msOrBefore(held.lastUsedAt) > msOrBefore(lastUsedAt)) {
      return { outcome: 'used-meanwhile', current: storedOf(held) };
    }
    const result = await this.write(next, { kind: 'command' }, { reason });
    if (result.outcome === 'written') return { outcome: 'claimed', stored: result.stored };
    if (result.outcome === 'missing') return result;
    return { outcome: 'stale', current: result.current };
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
    this.carryOut(planWrite(id, old.entry, null, { kind: 'remove', revision }, this.clock.timestamp()));
    return 'removed';
  }

  override async insertMany(instances: readonly ImportedInstance[], under: UnderLock): Promise<readonly boolean[]> {
    refuseLargeBatch(instances.length);
    if (instances.length === 0) return [];
    this.refuseLostLock(under);
    return instances.map(
      ({ record, picture }) => this.insertOne(record, { kind: 'import', picture }).outcome === 'inserted',
    );
  }

  override async restore(records: readonly StoredInstance[]): Promise<number> {
    refuseLargeBatch(records.length);
    const at = this.clock.timestamp();
    const planned = records.map(({ record, lastUsedAt }) => {
      const old = this.held.get(record.id);
      const prepared = this.prepared(record);
      const plan = planWrite(record.id, old?.entry ?? null, prepared, { kind: 'restore', lastUsedAt }, at);
      const isKnown = old !== undefined && old.record.revision >= record.revision;
      return { prepared, plan, isLost: !isKnown && this.holderOf(plan) === null };
    });
    let restored = 0;
    for (const { prepared, plan, isLost } of planned) {
      // One before it may have taken a name.
      if (!isLost || this.holderOf(plan) !== null) continue;
      this.apply(plan, prepared);
      restored += 1;
    }
    for (const { record, lastUsedAt } of records) {
      if (lastUsedAt !== null && this.held.has(record.id)) await this.touch(record.id, lastUsedAt);
    }
    return restored;
  }

  override async notePictures(notes: readonly PictureNote[], under: UnderLock): Promise<void> {
    refuseLargeBatch(notes.length);
    if (notes.length === 0) return;
    this.refuseLostLock(under);
    for (const { id, revision, picture } of notes) {
      const held = this.held.get(id);
      const novitaId = held?.record.revision === revision ? picturedId(held.entry) : null;
      if (novitaId !== null) this.tables.pictures.set(novitaId, picture);
    }
  }

  override async pictures(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    return novitaIds.map((id) => this.tables.pictures.get(id.toWellFormed()) ?? null);
  }

  override async pictureCount(): Promise<number> {
    return this.tables.pictures.size;
  }

  override async *scanNovitaIds(signal?: AbortSignal): AsyncGenerator<readonly NovitaInstanceId[], void, undefined> {
    const ids = [...this.tables.pictures.keys()] as NovitaInstanceId[];
    signal?.throwIfAborted();
    for (let from = 0; from < ids.length; from += MAX_BATCH) {
      yield ids.slice(from, from + MAX_BATCH);
      signal?.throwIfAborted();
    }
  }

  override async get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    return storedOrNull(this.ofEither(id));
  }

  override async getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    return this.stored(ids);
  }

  override async getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    return this.stored(ids.flatMap((id) => this.tables.lookUp('by-novita-id', id) ?? []));
  }

  override async getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]> {
    return this.stored(markers.flatMap((marker) => this.tables.lookUp('by-marker', marker) ?? []));
  }

  override async findByName(name: string, limit: number): Promise<readonly StoredInstance[]> {
    return limit < 1 ? [] : this.stored(this.tables.idsOfName(name, limit));
  }

  override async findByMarker(marker: string): Promise<StoredInstance | null> {
    const id = this.tables.lookUp('by-marker', marker);
    return id === undefined ? null : storedOrNull(this.held.get(id));
  }

  override async scan(cursor: string | null, limit: number, statuses?: readonly InstanceStatus[]): Promise<RecordPage> {
    refuseLargeBatch(limit);
    const members = this.tables.created(cursor, limit + 1);
    const page = members.slice(0, limit);
    const instances = this.stored(page.map(idOfMember));
    return {
      instances:
        statuses === undefined ? instances : instances.filter(({ record }) => statuses.includes(record.status)),
      nextCursor: members.length > limit ? (page.at(-1) ?? null) : null,
    };
  }

  override async counts(): Promise<FleetCounts> {
    return fleetCounts((status) => this.tables.counts.of(status), this.tables.counts.of('discovered'));
  }

  override async touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): Promise<TouchResult> {
    const held = this.ofEither(id);
    if (held === undefined) return { outcome: 'missing' };
    const { id: ours, status } = held.record;
    if (held.lastUsedAt !== null && held.lastUsedAt >= at) {
      return { outcome: 'touched', id: ours, lastUsedAt: held.lastUsedAt, moved: false, status };
    }
    const who = by === undefined ? '' : boundedBy(by);
    this.hold({ ...held, lastUsedAt: at, lastUsedBy: who === '' ? null : who });
    return { outcome: 'touched', id: ours, lastUsedAt: at, moved: true, status };
  }

  override async lastUsedBy(id: InstanceId): Promise<string | null> {
    return this.held.get(id)?.lastUsedBy ?? null;
  }

  override async warnIdle(
    warning: IdleWarning,
  ): Promise<'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing'> {
    const { id, revision, lastUsedAt, idleSince, stopAt } = warning;
    const held = this.held.get(id);
    if (held === undefined) return 'missing';
    if (held.record.revision !== revision || held.idle.clock === null) return 'stale';
    if (msOrBefore(held.lastUsedAt) > msOrBefore(lastUsedAt)) return 'used-meanwhile';
    const warnedMs = msFromTimestamp(idleSince);
    if (held.warnedMs === warnedMs) return 'already';
    this.held.set(id, { ...held, warnedMs });
    this.tables.deadlinesOf('autoStopAt').set(id, msFromTimestamp(stopAt));
    this.feed.announce('instance.auto_stop_warning', id, revision, held.record);
    this.tables.enter(id, [warningEntry(warning, this.clock.timestamp())]);
    return 'warned';
  }

  override async reindexIdle(ids: readonly InstanceId[]): Promise<void> {
    refuseLargeBatch(ids.length);
    for (const id of ids) {
      const held = this.held.get(id);
      if (held !== undefined) this.hold({ ...held, idle: idleStateOf(held.record, this.rules.rules) });
    }
  }

  override async putOffIdle(ids: readonly InstanceId[], at: Timestamp): Promise<void> {
    refuseLargeBatch(ids.length);
    for (const id of ids) this.tables.deadlinesOf('autoStopAt').postpone(id, msFromTimestamp(at));
  }

  override async ledger(id: InstanceId, limit: number): Promise<readonly LedgerEntry[]> {
    return this.tables.ledger(id, limit);
  }

  override async enterInLedger(
    entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[],
  ): Promise<void> {
    refuseLargeBatch(entries.length);
    for (const { id, entry } of entries) if (this.held.has(id)) this.tables.enter(id, [entry]);
  }

  override async due(kind: DeadlineKind, now: Timestamp, limit: number, skip = 0): Promise<readonly InstanceId[]> {
    return limit < 1 ? [] : this.tables.deadlinesOf(kind).due(msFromTimestamp(now), limit, skip);
  }

  override async kindsDue(now: Timestamp): Promise<ReadonlySet<DeadlineKind>> {
    return new Set(DEADLINE_KINDS.filter((kind) => this.tables.deadlinesOf(kind).count(msFromTimestamp(now)) > 0));
  }

  override async dueCount(kind: DeadlineKind, now: Timestamp): Promise<number> {
    return this.tables.deadlinesOf(kind).count(msFromTimestamp(now));
  }

  override async announceUnconfirmed(ids: readonly InstanceId[]): Promise<number> {
    refuseLargeBatch(ids.length);
    return ids.filter((id) => this.announceOneUnconfirmed(id)).length;
  }

  override async spend(sinceDay: number): Promise<SpendReading> {
    return this.meters.read(sinceDay, this.tables.rates.entries());
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

  private insertOne(record: NewInstanceRecord, act: WriteAct): InsertResult {
    const prepared = this.prepared({ ...record, revision: 1 });
    const plan = planWrite(record.id, null, prepared, act, this.clock.timestamp());
    const holder = this.held.get(record.id) ?? this.held.get(this.holderOf(plan)?.id ?? record.id);
    if (holder !== undefined) return { outcome: 'exists', current: storedOf(holder) };
    return { outcome: 'inserted', stored: this.apply(plan, prepared) };
  }

  /** Another record that has a name which the plan gives to its own. */
  private holderOf(plan: WritePlan): { readonly table: 'by-marker' | 'by-novita-id'; readonly id: InstanceId } | null {
    for (const { table, name } of claimsOf(plan)) {
      const id = this.tables.lookUp(table, name);
      if (id !== undefined && id !== plan.id) return { table, id };
    }
    return null;
  }

  private apply(plan: WritePlan, { record, entry, idle }: PreparedRecord): StoredInstance {
    const old = this.held.get(plan.id) ?? NEVER_USED;
    this.held.set(plan.id, { ...old, record, entry, idle });
    this.carryOut(plan);
    return this.stored([plan.id])[0] ?? { record, lastUsedAt: null };
  }

  private carryOut({ id, after, mutations }: WritePlan): void {
    for (const mutation of mutations) this.mutate(id, after?.record ?? null, mutation);
  }

  private mutate(id: InstanceId, record: InstanceRecord | null, mutation: Mutation): void {
    const { tables } = this;
    switch (mutation.kind) {
      case 'look-up':
        tables.setLookUp(mutation.table, mutation.name, mutation.isKept ? id : null);
        return;
      case 'member':
        tables.setMember(mutation.list, mutation.member, mutation.isKept);
        return;
      case 'deadline':
        tables.deadlinesOf(mutation.deadline).set(id, mutation.at);
        return;
      case 'idle-deadline':
        this.placeIdle(id);
        return;
      case 'picture':
        if (mutation.picture === null) tables.pictures.delete(mutation.novitaId);
        else tables.pictures.set(mutation.novitaId, mutation.picture);
        return;
      case 'count':
        tables[mutation.of].add(mutation.counter, mutation.by);
        return;
      case 'meter':
        this.meters.move(id, mutation.to, this.clock.now());
        return;
      case 'audit':
        tables.enter(id, mutation.entries);
        return;
      case 'end-of-audit':
        tables.endLedger(id);
        return;
      case 'last-use':
        this.changeHeld(id, { lastUsedAt: mutation.at });
        return;
      case 'event':
        this.feed.announce(mutation.type, id, mutation.revision, record);
    }
  }

  private changeHeld(id: InstanceId, change: Partial<Held>): void {
    const held = this.held.get(id);
    if (held !== undefined) this.held.set(id, { ...held, ...change });
  }

  private hold(held: Held): void {
    this.held.set(held.record.id, held);
    this.placeIdle(held.record.id);
  }

  private placeIdle(id: InstanceId): void {
    const held = this.held.get(id);
    if (held === undefined) return;
    const due = idleDueMs(held.idle.clock, held.lastUsedAt, held.warnedMs);
    this.tables.deadlinesOf('autoStopAt').set(id, due);
  }

  private announceOneUnconfirmed(id: InstanceId): boolean {
    const held = this.held.get(id);
    const due = this.tables.deadlinesOf('confirmBy').of(id);
    const now = this.clock.now();
    if (held === undefined || due === undefined || due > now) return false;
    const { record, entry } = held;
    const { desired, desiredMs } = entry;
    if (desired === null || desired === 'running') return false;
    if (!this.feed.tellOnce(`unconfirmed-${id}-${desiredMs}`)) return false;
    this.feed.announce('instance.unconfirmed', id, record.revision, record);
    this.tables.enter(id, [unconfirmedEntry(desired, now - desiredMs, this.clock.timestamp())]);
    return true;
  }

  private ofEither(id: InstanceId | NovitaInstanceId): Held | undefined {
    const ours = isInstanceId(id) ? id : this.tables.lookUp('by-novita-id', id);
    return ours === undefined ? undefined : this.held.get(ours);
  }

  private stored(ids: readonly InstanceId[]): StoredInstance[] {
    return ids.flatMap((id) => storedOrNull(this.held.get(id)) ?? []);
  }

  private prepared(next: InstanceRecord): PreparedRecord {
    const prepared = prepareRecord(next, this.rules);
    for (const warning of prepared.warnings) this.logger.warn(`instance ${next.id}: ${warning}`);
    return prepared;
  }

  private refuseLostLock({ hold }: Partial<UnderLock>): void {
    if (hold === undefined) return;
    if (this.locks === undefined) throw new Error('this store knows no locks, so nothing is written under one');
    if (!this.locks.holds(hold)) throw new LockLostError(hold.name);
  }
}

function storedOf({ record, lastUsedAt }: Held): StoredInstance {
  return { record, lastUsedAt };
}

function storedOrNull(held: Held | undefined): StoredInstance | null {
  return held === undefined ? null : storedOf(held);
}
