import { type Clock, inBatches, msFromTimestamp } from '@app/platform';
import { RedisScript } from '@app/redis';
import { withCost } from '../plan/cost.js';
import type { IndexEntry, PreparedRecord } from '../plan/prepared-record.js';
import {
  addedCommitment,
  isOutdated,
  type LookUpTable,
  planWrite,
  type WriteAct,
  type WritePlan,
} from '../plan/write-plan.js';
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
import { IdentityTakenError, MAX_BATCH, refuseLargeBatch } from '../ports/store-errors.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord, StoredInstance } from '../record/instance.js';
import { INSTANCE_STATUSES, type InstanceStatus } from '../record/instance-status.js';
import { CorruptRecordError, NewerRecordError, refuseNewer } from '../record/parse-record.js';
import type { BulkWrites } from './bulk-writes.js';
import { storeKey } from './keys.js';
import { orStoreError, orUnknownOutcome, type StoreKeyspace } from './keyspace.js';
import {
  NO_RECORD,
  NOT_KNOWN,
  type PlannedCap,
  type PlannedWrite,
  type PlanRunner,
  type Rejection,
} from './plan-runner.js';
import {
  newVersion,
  type PlanBasis,
  type RecordCodec,
  type RecordReply,
  readByIds,
  readByLookUp,
  repliesOf,
  revisionOf,
} from './record-codec.js';

/** A write that rests on the latest use can be rejected for a later one. */
type WriteOutcome = WriteResult | { readonly outcome: 'used-meanwhile'; readonly current: StoredInstance };

const READ_BY_NAME = RedisScript.fromFile(new URL('./lua/read-by-name.lua', import.meta.url));
const SCAN = RedisScript.fromFile(new URL('./lua/scan.lua', import.meta.url));
const DROP_OLD_LISTS = RedisScript.fromFile(new URL('./lua/drop-old-lists.lua', import.meta.url));
/**
 * A plan is made anew when another process wrote the same revision after a loss of data: once is rare, twice is not
 * believable.
 */
const MAX_PLANS = 5;

/**
 * Keeps the records in Redis: one hash per record, written together with its look-ups, deadlines, counters, audit log
 * and feed entry by one script. README.md of this lib has the table of the keys.
 */
export class RedisInstanceRecords extends InstanceRecords {
  constructor(
    private readonly keyspace: StoreKeyspace,
    private readonly codec: RecordCodec,
    private readonly plans: PlanRunner,
    private readonly bulk: BulkWrites,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    const result = await this.writeFrom(next, basis, options);
    if (result.outcome === 'used-meanwhile') throw new Error('a write was rejected for a use that it does not rest on');
    return result;
  }

  /**
   * One round trip, if the state that the write rests on is known here; otherwise the first one brings that state.
   * @param usedBeforeMs the latest use that the write rests on; absent when it does not matter
   */
  async writeFrom(
    next: InstanceRecord,
    basis: WriteBasis,
    options: WriteOptions,
    usedBeforeMs?: number,
  ): Promise<WriteOutcome> {
    const { id } = next;
    const at = this.clock.timestamp();
    const prepared = this.codec.prepare(withCost({ ...next, revision: next.revision + 1 }, msFromTimestamp(at)));
    const version = newVersion(prepared.record.revision);
    const act: WriteAct = { kind: 'write', basis, options };
    let known: PlanBasis | null = this.codec.knownAt(id, next.revision);
    for (let round = 0; round < MAX_PLANS; round++) {
      if (known !== null && isOutdated(basis, known.entry)) known = null;
      const plan = known === null ? nothingFor(id, prepared) : planWrite(id, known.entry, prepared, act, at);
      const write: PlannedWrite = {
        plan,
        expected: known?.version ?? NOT_KNOWN,
        version,
        ...(usedBeforeMs !== undefined && { usedBeforeMs }),
        ...(known !== null && capOf(known.entry, prepared, options)),
      };
      const result = await orUnknownOutcome(id, this.plans.run([write], at, options.hold));
      if (result.outcome === 'done') {
        return { outcome: 'written', stored: this.codec.written(version, prepared, result.lastUsed) };
      }
      const { why, holder } = firstOf(result.rejections);
      if (holder === null) return { outcome: 'missing' };
      if (why === 'by-marker' || why === 'by-novita-id') throw takenError(why, holder.id);
      if (why === 'used') return { outcome: 'used-meanwhile', current: this.codec.read(holder) };
      refuseNewer(holder.doc, id);
      const held = this.codec.basis(holder);
      if (isOutdated(basis, held.entry)) return { outcome: 'outdated-observation', current: this.codec.read(holder) };
      if (revisionOf(held.version) !== next.revision) return { outcome: 'stale', current: this.codec.read(holder) };
      known = held;
    }
    throw contended(id);
  }

  override async insert(record: NewInstanceRecord, under: UnderCap = {}): Promise<InsertResult> {
    const at = this.clock.timestamp();
    const prepared = this.codec.prepare(withCost({ ...record, revision: 1 }, msFromTimestamp(at)));
    const version = newVersion(1);
    const plan = planWrite(record.id, null, prepared, { kind: 'insert' }, at);
    const write: PlannedWrite = { plan, expected: NO_RECORD, version, ...capOf(null, prepared, under) };
    const result = await orUnknownOutcome(record.id, this.plans.run([write], at, undefined));
    if (result.outcome === 'done') return { outcome: 'inserted', stored: this.codec.written(version, prepared, null) };
    const holder = result.rejections[0]?.holder ?? null;
    if (holder === null) throw new Error(`the holder of a name of ${record.id} has no record`);
    return { outcome: 'exists', current: this.codec.read(holder) };
  }

  override async remove(
    id: InstanceId,
    revision: number,
    { hold }: Partial<UnderLock> = {},
  ): Promise<'removed' | 'stale' | 'missing'> {
    const at = this.clock.timestamp();
    let known: PlanBasis | null = this.codec.knownAt(id, revision);
    for (let round = 0; round < MAX_PLANS; round++) {
      const plan = planWrite(id, known?.entry ?? null, null, { kind: 'remove', revision }, at);
      const write: PlannedWrite = { plan, expected: known?.version ?? NOT_KNOWN, version: '' };
      const result = await orUnknownOutcome(id, this.plans.run([write], at, hold));
      if (result.outcome === 'done') {
        this.codec.forget(id);
        return 'removed';
      }
      const { holder } = firstOf(result.rejections);
      if (holder === null) return 'missing';
      if (revisionOf(holder.version) !== revision) return 'stale';
      refuseNewer(holder.doc, id);
      known = this.codec.basis(holder);
    }
    throw contended(id);
  }

  override async removeUnreadable(id: InstanceId): Promise<RemovedUnreadable> {
    const [reply] = await readByIds(this.keyspace, [id]);
    if (reply === undefined) return 'missing';
    try {
      this.codec.read(reply);
      return 'readable';
    } catch (error) {
      if (error instanceof NewerRecordError) return 'newer';
      if (!(error instanceof CorruptRecordError)) throw error;
    }
    try {
      this.codec.basis(reply);
    } catch {
      return 'no-index';
    }
    const outcome = await this.remove(id, revisionOf(reply.version));
    return outcome === 'stale' ? 'changed' : outcome;
  }

  override async insertMany(instances: readonly ImportedInstance[], under: UnderLock): Promise<readonly boolean[]> {
    return this.bulk.insert(instances, under);
  }

  override async restore(records: readonly StoredInstance[]): Promise<number> {
    return this.bulk.restore(records);
  }

  override async get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    if (!isInstanceId(id)) return this.one(await readByLookUp(this.keyspace, 'by-novita-id', [id]));
    return this.one(await readByIds(this.keyspace, [id]));
  }

  override async getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    return this.many(ids, (batch) => readByIds(this.keyspace, batch));
  }

  override async getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    return this.many(ids, (batch) => readByLookUp(this.keyspace, 'by-novita-id', batch));
  }

  override async getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]> {
    return this.many(markers, (batch) => readByLookUp(this.keyspace, 'by-marker', batch));
  }

  override async findByMarker(marker: string): Promise<StoredInstance | null> {
    return this.one(await readByLookUp(this.keyspace, 'by-marker', [marker]));
  }

  override async findByName(name: string, limit: number): Promise<readonly StoredInstance[]> {
    if (limit < 1) return [];
    const replies = repliesOf(await this.keyspace.run(READ_BY_NAME, [name.toWellFormed(), limit]));
    return replies.flatMap((reply) => this.codec.readOrSkip(reply) ?? []);
  }

  override async scan(
    cursor: string | null,
    limit: number,
    statuses: readonly InstanceStatus[] = [],
  ): Promise<RecordPage> {
    refuseLargeBatch(limit);
    if (cursor === null) await dropOldLists(this.keyspace);
    const [next, ...flat] = (await this.keyspace.run(SCAN, [cursor ?? '', limit, ...statuses])) as [
      string,
      ...(string | null)[],
    ];
    const instances: StoredInstance[] = [];
    const skipped: InstanceId[] = [];
    for (const reply of repliesOf(flat)) {
      const stored = this.codec.readInPassing(reply);
      if (stored === null) skipped.push(reply.id);
      else instances.push(stored);
    }
    return { instances, nextCursor: next === '' ? null : next, ...(skipped.length > 0 && { skipped }) };
  }

  override async counts(): Promise<FleetCounts> {
    const counts = await orStoreError(this.keyspace.redis.hgetall(this.keyspace.key(storeKey.counts)));
    return fleetCounts((status) => Number(counts[status] ?? 0), Number(counts['discovered'] ?? 0));
  }

  private one([reply]: readonly RecordReply[]): StoredInstance | null {
    return reply === undefined ? null : this.codec.read(reply);
  }

  private async many<Name>(
    names: readonly Name[],
    read: (batch: readonly Name[]) => Promise<RecordReply[]>,
  ): Promise<StoredInstance[]> {
    const replies = await Promise.all([...inBatches(names, MAX_BATCH)].map(read));
    return replies.flat().flatMap((reply) => this.codec.readOrSkip(reply) ?? []);
  }
}

function capOf(before: IndexEntry | null, { entry }: PreparedRecord, under: UnderCap): { readonly cap?: PlannedCap } {
  if (under.capUsdPerHour === undefined && under.capOfDay === undefined) return {};
  const added = addedCommitment(before, entry);
  return added === null ? {} : { cap: { ...added, under } };
}

/** For a write that is sent only to learn what stands there. */
function nothingFor(id: InstanceId, after: PreparedRecord): WritePlan {
  return { id, after, mutations: [] };
}

function firstOf(rejections: readonly Rejection[]): Rejection {
  const [first] = rejections;
  if (first === undefined) throw new Error('a write was rejected without a reason');
  return first;
}

function contended(id: InstanceId): Error {
  return new Error(`the record of ${id} changed ${MAX_PLANS} times within one revision`);
}

function takenError(table: LookUpTable, holder: InstanceId): IdentityTakenError {
  return new IdentityTakenError(table === 'by-marker' ? 'marker' : 'novitaInstanceId', holder);
}

/**
 * Removes the lists that the version before kept: sorted sets by status, region and group, each by time and by name.
 * The two of all records stay: they are the index and the look-up by name of this version too. So records that a
 * process of the version before writes meanwhile, in a rolling update, are found here like all others.
 *
 * Costs one command when there is nothing to do. It may be interrupted, and may run in several processes: the next one
 * that finds something to remove continues.
 *
 * @throws StoreUnavailableError
 */
async function dropOldLists(keyspace: StoreKeyspace): Promise<void> {
  const { redis, hashTag } = keyspace;
  const underWay = keyspace.key(storeKey.oldLists);
  // A record that is in any of them is in one by its status.
  const byStatus = INSTANCE_STATUSES.map((status) => keyspace.key(`by-created:status:${status}`));
  if ((await orStoreError(redis.exists(underWay, ...byStatus))) === 0) return;
  await orStoreError(redis.set(underWay, '1'));
  const pattern = `${hashTag.replace(/[*?[\]\\^]/g, '\\$&')}:by-*`;
  let cursor = '0';
  do {
    cursor = (await keyspace.run(DROP_OLD_LISTS, [pattern, cursor])) as string;
  } while (cursor !== '0');
  await orStoreError(redis.del(underWay));
}
