import { inBatches } from '@app/platform';
import { RedisScript } from '@app/redis';
import { MAX_BATCH, refuseLargeBatch } from '../batch-limit.js';
import type { InstanceRecord, StoredInstance } from '../instance.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import type { InstanceStatus } from '../instance-status.js';
import { storeKey } from '../keys.js';
import {
  type FleetCounts,
  fleetCounts,
  type ImportedInstance,
  type InsertResult,
  InstanceRecords,
  type NewInstanceRecord,
  type RecordPage,
  type UnderLock,
  type WriteBasis,
  type WriteOptions,
  type WriteResult,
} from '../record/instance-records.port.js';
import { prepareImport } from '../record/prepare-record.js';
import { claimsOf, planWrite, type WriteAct, type WritePlan } from '../write-plan.js';
import { dropOldLists } from './drop-old-lists.js';
import { NO_RECORD, NOT_KNOWN, type PlannedWrite } from './plan-runner.js';
import { newVersion, type RecordReply, revisionOf } from './record-reader.js';
import { readByIds, readByLookUp, repliesOf } from './record-replies.js';
import { basisOf, firstOf, MAX_PLANS, type PlanBasis, type RecordWriter } from './record-writer.js';
import type { RedisStoreContext } from './store-context.js';
import { orStoreError, orUnknownOutcome } from './store-error.js';
import type { Touches } from './touches.js';

const READ_BY_NAME = RedisScript.fromFile(new URL('./lua/read-by-name.lua', import.meta.url));
const SCAN = RedisScript.fromFile(new URL('./lua/scan.lua', import.meta.url));

/**
 * Keeps the records in Redis: one hash per record, written together with its look-ups, deadlines, counters, audit log and
 * feed entry by one script. README.md of this lib has the table of the keys.
 */
export class RedisInstanceRecords extends InstanceRecords {
  constructor(
    private readonly context: RedisStoreContext,
    private readonly writer: RecordWriter,
    private readonly touches: Touches,
  ) {
    super();
  }

  override async insert(record: NewInstanceRecord): Promise<InsertResult> {
    const prepared = this.writer.prepared({ ...record, revision: 1 });
    const at = this.context.clock.timestamp();
    const plan = planWrite(record.id, null, prepared, { kind: 'insert' }, at);
    const write: PlannedWrite = { plan, expected: NO_RECORD, version: newVersion(1) };
    const result = await orUnknownOutcome(record.id, this.context.plans.run([write], at, undefined));
    if (result.outcome === 'done') return { outcome: 'inserted', stored: this.writer.written(write, prepared, null) };
    const holder = result.refusals[0]?.holder ?? null;
    if (holder === null) throw new Error(`the holder of a name of ${record.id} has no record`);
    return { outcome: 'exists', current: this.context.reader.read(holder) };
  }

  override async write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    const result = await this.writer.writeFrom(next, basis, options);
    // Only a write that rests on the latest use can be refused for a later one.
    if (result.outcome === 'used-meanwhile') throw new Error('a write was refused for a use that it does not rest on');
    return result;
  }

  override async remove(
    id: InstanceId,
    revision: number,
    { hold }: Partial<UnderLock> = {},
  ): Promise<'removed' | 'stale' | 'missing'> {
    const at = this.context.clock.timestamp();
    let known: PlanBasis | null = this.context.reader.knownAt(id, revision);
    for (let round = 0; round < MAX_PLANS; round++) {
      const plan = planWrite(id, known?.entry ?? null, null, { kind: 'remove', revision }, at);
      const write: PlannedWrite = { plan, expected: known?.version ?? NOT_KNOWN, version: '' };
      const result = await orUnknownOutcome(id, this.context.plans.run([write], at, hold));
      if (result.outcome === 'done') {
        this.context.reader.forget(id);
        return 'removed';
      }
      const { holder } = firstOf(result.refusals);
      if (holder === null) return 'missing';
      if (revisionOf(holder.version) !== revision) return 'stale';
      known = basisOf(holder);
    }
    throw new Error(`the record of ${id} changed ${MAX_PLANS} times within one revision`);
  }

  override async insertMany(instances: readonly ImportedInstance[], { hold }: UnderLock): Promise<readonly boolean[]> {
    refuseLargeBatch(instances.length);
    if (instances.length === 0) return [];
    const at = this.context.clock.timestamp();
    const plans = instances.map(({ record, picture }) => {
      const prepared = prepareImport(record, this.context.rules);
      this.context.reader.warn(record.id, prepared.warnings);
      return planWrite(record.id, null, prepared, { kind: 'import', picture }, at);
    });
    const inserted = instances.map(() => false);
    let left = plans.map((plan, place) => ({ plan, place }));
    // Again only when some are taken already: without them.
    while (left.length > 0) {
      const version = newVersion(1);
      const fit = withoutRivals(left).map(({ plan, place }) => ({ plan, place, expected: NO_RECORD, version }));
      const result = await this.context.plans.run(fit, at, hold);
      if (result.outcome === 'done') {
        for (const { place } of fit) inserted[place] = true;
        break;
      }
      const taken = new Set(result.refusals.map(({ place }) => fit[place]?.place));
      left = left.filter(({ place }) => !taken.has(place));
    }
    return inserted;
  }

  override async restore(records: readonly StoredInstance[]): Promise<number> {
    refuseLargeBatch(records.length);
    const at = this.context.clock.timestamp();
    const bases = new Map<InstanceId, PlanBasis>();
    let left = records.map((stored) => ({
      ...stored,
      prepared: this.writer.prepared(stored.record),
      version: newVersion(stored.record.revision),
    }));
    let restored = 0;
    // Again only when the store holds some of them, or their names: without those, or from what it holds.
    while (left.length > 0) {
      const planned = left.map((one) => {
        const basis = bases.get(one.record.id) ?? null;
        const act: WriteAct = { kind: 'restore', lastUsedAt: one.lastUsedAt };
        const plan = planWrite(one.record.id, basis?.entry ?? null, one.prepared, act, at);
        return { one, plan, expected: basis?.version ?? NO_RECORD, version: one.version };
      });
      const fit = withoutRivals(planned);
      const result = await this.context.plans.run(fit, at, undefined);
      if (result.outcome === 'done') {
        restored = fit.length;
        break;
      }
      const out = new Set<unknown>();
      for (const { place, why, holder } of result.refusals) {
        const one = fit[place]?.one;
        if (one === undefined) continue;
        const { id, revision } = one.record;
        if (why === 'missing') bases.delete(id);
        else if (why === 'differs' && holder !== null && revisionOf(holder.version) < revision) {
          bases.set(id, basisOf(holder));
        } else out.add(one);
      }
      left = left.filter((one) => !out.has(one));
    }
    if (restored < records.length || bases.size > 0) {
      // What the store holds may have been used later than it knows.
      await Promise.all(
        records.flatMap(({ record: { id }, lastUsedAt: use }) =>
          use === null ? [] : this.touches.report(id, use, undefined),
        ),
      );
    }
    return restored;
  }

  override async get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    if (!isInstanceId(id)) return this.one(await readByLookUp(this.context.scripts, 'by-novita-id', [id]));
    return this.one(await readByIds(this.context.scripts, [id]));
  }

  override async getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    return this.many(ids, (batch) => readByIds(this.context.scripts, batch));
  }

  override async getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    return this.many(ids, (batch) => readByLookUp(this.context.scripts, 'by-novita-id', batch));
  }

  override async getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]> {
    return this.many(markers, (batch) => readByLookUp(this.context.scripts, 'by-marker', batch));
  }

  override async findByMarker(marker: string): Promise<StoredInstance | null> {
    return this.one(await readByLookUp(this.context.scripts, 'by-marker', [marker]));
  }

  override async findByName(name: string, limit: number): Promise<readonly StoredInstance[]> {
    if (limit < 1) return [];
    const replies = repliesOf(await this.context.scripts.run(READ_BY_NAME, [name.toWellFormed(), limit]));
    return replies.flatMap((reply) => this.context.reader.readOrSkip(reply) ?? []);
  }

  override async scan(
    cursor: string | null,
    limit: number,
    statuses: readonly InstanceStatus[] = [],
  ): Promise<RecordPage> {
    refuseLargeBatch(limit);
    if (cursor === null) await dropOldLists(this.context.redis, this.context.hashTag);
    const [next, ...flat] = (await this.context.scripts.run(SCAN, [cursor ?? '', limit, ...statuses])) as [
      string,
      ...(string | null)[],
    ];
    const instances: StoredInstance[] = [];
    const skipped: InstanceId[] = [];
    for (const reply of repliesOf(flat)) {
      const stored = this.context.reader.readInPassing(reply);
      if (stored === null) skipped.push(reply.id);
      else instances.push(stored);
    }
    return { instances, nextCursor: next === '' ? null : next, ...(skipped.length > 0 && { skipped }) };
  }

  override async counts(): Promise<FleetCounts> {
    const counts = await orStoreError(this.context.redis.hgetall(this.context.key(storeKey.counts)));
    return fleetCounts((status) => Number(counts[status] ?? 0), Number(counts['discovered'] ?? 0));
  }

  private one([reply]: readonly RecordReply[]): StoredInstance | null {
    return reply === undefined ? null : this.context.reader.read(reply);
  }

  private async many<Name>(
    names: readonly Name[],
    read: (batch: readonly Name[]) => Promise<RecordReply[]>,
  ): Promise<StoredInstance[]> {
    const replies = await Promise.all([...inBatches(names, MAX_BATCH)].map(read));
    return replies.flat().flatMap((reply) => this.context.reader.readOrSkip(reply) ?? []);
  }
}

/** Those of a batch that can be written together: of two with the same id or name the first one. */
function withoutRivals<Planned extends { readonly plan: WritePlan }>(planned: readonly Planned[]): readonly Planned[] {
  const taken = new Set<string>();
  return planned.filter(({ plan }) => {
    const names = [plan.id, ...claimsOf(plan).map(({ table, name }) => `${table} ${name}`)];
    if (names.some((name) => taken.has(name))) return false;
    for (const name of names) taken.add(name);
    return true;
  });
}
