import { withCost } from '../plan/cost.js';
import { idOfMember } from '../plan/prepared-record.js';
import { planWrite, type WriteAct } from '../plan/write-plan.js';
import {
  type FleetCounts,
  fleetCounts,
  type ImportedInstance,
  type InsertResult,
  InstanceRecords,
  type NewInstanceRecord,
  type RecordPage,
  type RemovedUnreadable,
  type UnderCap,
  type UnderLock,
  type WriteBasis,
  type WriteOptions,
  type WriteResult,
} from '../ports/instance-records.port.js';
import { refuseLargeBatch } from '../ports/store-errors.js';
import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord, StoredInstance } from '../record/instance.js';
import type { InstanceStatus } from '../record/instance-status.js';
import { type MemoryStoreState, storedOf, storedOrNull } from './memory-state.js';
import type { MemoryWriter } from './memory-writer.js';

/** Keeps the records in this process; they end with it. Good for tens of thousands. */
export class MemoryInstanceRecords extends InstanceRecords {
  constructor(
    private readonly state: MemoryStoreState,
    private readonly writer: MemoryWriter,
  ) {
    super();
  }

  override async insert(record: NewInstanceRecord, under: UnderCap = {}): Promise<InsertResult> {
    return this.insertOne(record, { kind: 'insert' }, under);
  }

  override async write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    return this.writer.write(next, basis, options);
  }

  override async remove(
    id: InstanceId,
    revision: number,
    options: Partial<UnderLock> = {},
  ): Promise<'removed' | 'stale' | 'missing'> {
    this.writer.refuseLostLock(options);
    const old = this.state.held.get(id);
    if (old === undefined) return 'missing';
    if (old.record.revision !== revision) return 'stale';
    this.state.held.delete(id);
    this.writer.carryOut(planWrite(id, old.entry, null, { kind: 'remove', revision }, this.state.clock.timestamp()));
    return 'removed';
  }

  /** What is kept here was read when it was written. */
  override async removeUnreadable(id: InstanceId): Promise<RemovedUnreadable> {
    return this.state.held.has(id) ? 'readable' : 'missing';
  }

  override async insertMany(instances: readonly ImportedInstance[], under: UnderLock): Promise<readonly boolean[]> {
    refuseLargeBatch(instances.length);
    if (instances.length === 0) return [];
    this.writer.refuseLostLock(under);
    return instances.map(
      ({ record, digest }) => this.insertOne(record, { kind: 'import', digest }).outcome === 'inserted',
    );
  }

  override async restore(records: readonly StoredInstance[]): Promise<number> {
    refuseLargeBatch(records.length);
    const at = this.state.clock.timestamp();
    const planned = records.map(({ record, lastUsedAt }) => {
      const old = this.state.held.get(record.id);
      const prepared = this.writer.prepared(record);
      const plan = planWrite(record.id, old?.entry ?? null, prepared, { kind: 'restore', lastUsedAt }, at);
      const isKnown = old !== undefined && old.record.revision >= record.revision;
      return { prepared, plan, isLost: !isKnown && this.writer.holderOf(plan) === null };
    });
    let restored = 0;
    for (const { prepared, plan, isLost } of planned) {
      // An earlier record of the batch may have the name by now.
      if (!isLost || this.writer.holderOf(plan) !== null) continue;
      this.writer.apply(plan, prepared);
      restored += 1;
    }
    for (const { record, lastUsedAt } of records) {
      if (lastUsedAt !== null && this.state.held.has(record.id)) this.state.use(record.id, lastUsedAt);
    }
    return restored;
  }

  override async get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    return storedOrNull(this.state.ofEither(id));
  }

  override async getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    return this.state.stored(ids);
  }

  override async getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    return this.state.stored(ids.flatMap((id) => this.state.tables.lookUp('by-novita-id', id) ?? []));
  }

  override async getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]> {
    return this.state.stored(markers.flatMap((marker) => this.state.tables.lookUp('by-marker', marker) ?? []));
  }

  override async findByName(name: string, limit: number): Promise<readonly StoredInstance[]> {
    return limit < 1 ? [] : this.state.stored(this.state.tables.idsOfName(name, limit));
  }

  override async findByMarker(marker: string): Promise<StoredInstance | null> {
    const id = this.state.tables.lookUp('by-marker', marker);
    return id === undefined ? null : storedOrNull(this.state.held.get(id));
  }

  override async scan(cursor: string | null, limit: number, statuses?: readonly InstanceStatus[]): Promise<RecordPage> {
    refuseLargeBatch(limit);
    const members = this.state.tables.created(cursor, limit + 1);
    const page = members.slice(0, limit);
    const instances = this.state.stored(page.map(idOfMember));
    return {
      instances:
        statuses === undefined ? instances : instances.filter(({ record }) => statuses.includes(record.status)),
      nextCursor: members.length > limit ? (page.at(-1) ?? null) : null,
    };
  }

  override async counts(): Promise<FleetCounts> {
    return fleetCounts((status) => this.state.tables.counts.of(status), this.state.tables.counts.of('discovered'));
  }

  private insertOne(record: NewInstanceRecord, act: WriteAct, under: UnderCap = {}): InsertResult {
    const prepared = this.writer.prepared(withCost({ ...record, revision: 1 }, this.state.clock.now()));
    const plan = planWrite(record.id, null, prepared, act, this.state.clock.timestamp());
    const holder = this.state.held.get(record.id) ?? this.state.held.get(this.writer.holderOf(plan)?.id ?? record.id);
    if (holder !== undefined) return { outcome: 'exists', current: storedOf(holder) };
    this.writer.refuseOverCap(null, prepared, under);
    return { outcome: 'inserted', stored: this.writer.apply(plan, prepared) };
  }
}
