import type { InstanceRecord, StoredInstance } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import { type IndexEntry, parseIndexEntry } from '../record/index-entry.js';
import type { WriteBasis, WriteOptions, WriteResult } from '../record/instance-records.port.js';
import { type PreparedRecord, prepareRecord } from '../record/prepare-record.js';
import { IdentityTakenError } from '../store-errors.js';
import { isOutdated, type LookUpTable, planWrite, type WriteAct, type WritePlan } from '../write-plan.js';
import { NOT_KNOWN, type PlannedWrite, type Refusal } from './plan-runner.js';
import { newVersion, type RecordReply, type RecordVersion, revisionOf } from './record-reader.js';
import type { RedisStoreContext } from './store-context.js';
import { orUnknownOutcome } from './store-error.js';

type WriteOutcome = WriteResult | { readonly outcome: 'used-meanwhile'; readonly current: StoredInstance };

/** What a plan is made from: the state of a record, as its indexes hold it. */
export interface PlanBasis {
  readonly version: RecordVersion;
  readonly entry: IndexEntry;
}

/** A plan is made anew when another process wrote the same revision after a loss of data: once is rare, twice is not believable. */
export const MAX_PLANS = 5;

/** Plans writes of records and has them carried out. */
export class RecordWriter {
  constructor(private readonly context: RedisStoreContext) {}

  /**
   * One round trip, if the state that the write rests on is known here; otherwise a first one learns it.
   * @param usedBeforeMs the latest use that the write rests on; absent when it does not matter
   */
  async writeFrom(
    next: InstanceRecord,
    basis: WriteBasis,
    options: WriteOptions,
    usedBeforeMs?: number,
  ): Promise<WriteOutcome> {
    const { id } = next;
    const prepared = this.prepared({ ...next, revision: next.revision + 1 });
    const version = newVersion(prepared.record.revision);
    const at = this.context.clock.timestamp();
    const act: WriteAct = { kind: 'write', basis, options };
    let known: PlanBasis | null = this.context.reader.knownAt(id, next.revision);
    for (let round = 0; round < MAX_PLANS; round++) {
      if (known !== null && isOutdated(basis, known.entry)) known = null;
      const plan = known === null ? nothingFor(id, prepared) : planWrite(id, known.entry, prepared, act, at);
      const write: PlannedWrite = {
        plan,
        expected: known?.version ?? NOT_KNOWN,
        version,
        ...(usedBeforeMs !== undefined && { usedBeforeMs }),
      };
      const result = await orUnknownOutcome(id, this.context.plans.run([write], at, options.hold));
      if (result.outcome === 'done') {
        return { outcome: 'written', stored: this.written(write, prepared, result.lastUsed) };
      }
      const refusal = firstOf(result.refusals);
      const { why, holder } = refusal;
      if (holder === null) return { outcome: 'missing' };
      if (why === 'by-marker' || why === 'by-novita-id') throw takenError(why, holder.id);
      if (why === 'used') return { outcome: 'used-meanwhile', current: this.context.reader.read(holder) };
      const held = basisOf(holder);
      if (isOutdated(basis, held.entry))
        return { outcome: 'outdated-observation', current: this.context.reader.read(holder) };
      if (revisionOf(held.version) !== next.revision)
        return { outcome: 'stale', current: this.context.reader.read(holder) };
      known = held;
    }
    throw new Error(`the record of ${id} changed ${MAX_PLANS} times within one revision`);
  }

  prepared(next: InstanceRecord): PreparedRecord {
    const prepared = prepareRecord(next, this.context.rules);
    this.context.reader.warn(next.id, prepared.warnings);
    return prepared;
  }

  /** What was written, which is known from now on. */
  written({ version }: PlannedWrite, { record, json, entry }: PreparedRecord, lastUsed: string | null): StoredInstance {
    this.context.reader.remember({ version, record, index: JSON.stringify(entry) }, json.length);
    return this.context.reader.read({ id: record.id, version, lastUsed, doc: json, index: null });
  }
}

/** For a write that is sent only to learn what stands there. */
function nothingFor(id: InstanceId, after: PreparedRecord): WritePlan {
  return { id, after, mutations: [] };
}

export function firstOf(refusals: readonly Refusal[]): Refusal {
  const [first] = refusals;
  if (first === undefined) throw new Error('a write was refused without a reason');
  return first;
}

/** @throws CorruptRecordError */
export function basisOf({ id, version, index }: RecordReply): PlanBasis {
  return { version, entry: parseIndexEntry(index ?? '', id) };
}

function takenError(table: LookUpTable, holder: InstanceId): IdentityTakenError {
  return new IdentityTakenError(table === 'by-marker' ? 'marker' : 'novitaInstanceId', holder);
}
