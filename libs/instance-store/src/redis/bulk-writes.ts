import { type Clock, msFromTimestamp } from '@app/platform';
import { withCost } from '../plan/cost.js';
import { claimsOf, planWrite, type WriteAct, type WritePlan } from '../plan/write-plan.js';
import type { ImportedInstance, UnderLock } from '../ports/instance-records.port.js';
import { refuseLargeBatch } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import type { StoredInstance } from '../record/instance.js';
import { laterSchemaOf } from '../record/parse-record.js';
import { NO_RECORD, type PlanRunner } from './plan-runner.js';
import { newVersion, type PlanBasis, type RecordCodec, revisionOf } from './record-codec.js';
import type { Touches } from './touches.js';

/**
 * Writes many records with one run of the script. The script carries out all plans of a run or none; so when it refuses
 * some, the others are sent again without them.
 */
export class BulkWrites {
  constructor(
    private readonly codec: RecordCodec,
    private readonly plans: PlanRunner,
    private readonly touches: Touches,
    private readonly clock: Clock,
  ) {}

  /** As `InstanceRecords.insertMany`. */
  async insert(instances: readonly ImportedInstance[], { hold }: UnderLock): Promise<readonly boolean[]> {
    refuseLargeBatch(instances.length);
    if (instances.length === 0) return [];
    const at = this.clock.timestamp();
    const plans = instances.map(({ record, digest }) =>
      planWrite(
        record.id,
        null,
        this.codec.prepareImport(withCost(record, msFromTimestamp(at))),
        { kind: 'import', digest },
        at,
      ),
    );
    const inserted = instances.map(() => false);
    let left = plans.map((plan, place) => ({ plan, place }));
    while (left.length > 0) {
      const version = newVersion(1);
      const fit = withoutRivals(left).map(({ plan, place }) => ({ plan, place, expected: NO_RECORD, version }));
      const result = await this.plans.run(fit, at, hold);
      if (result.outcome === 'done') {
        for (const { place } of fit) inserted[place] = true;
        break;
      }
      const taken = new Set(result.rejections.map(({ place }) => fit[place]?.place));
      left = left.filter(({ place }) => !taken.has(place));
    }
    return inserted;
  }

  /** As `InstanceRecords.restore`. */
  async restore(records: readonly StoredInstance[]): Promise<number> {
    refuseLargeBatch(records.length);
    const at = this.clock.timestamp();
    const bases = new Map<InstanceId, PlanBasis>();
    let left = records.map((stored) => ({
      ...stored,
      prepared: this.codec.prepare(stored.record),
      version: newVersion(stored.record.revision),
    }));
    let restored = 0;
    while (left.length > 0) {
      const planned = left.map((one) => {
        const basis = bases.get(one.record.id) ?? null;
        const act: WriteAct = { kind: 'restore', lastUsedAt: one.lastUsedAt };
        const plan = planWrite(one.record.id, basis?.entry ?? null, one.prepared, act, at);
        return { one, plan, expected: basis?.version ?? NO_RECORD, version: one.version };
      });
      const fit = withoutRivals(planned);
      const result = await this.plans.run(fit, at, undefined);
      if (result.outcome === 'done') {
        restored = fit.length;
        break;
      }
      const out = new Set<unknown>();
      for (const { place, why, holder } of result.rejections) {
        const one = fit[place]?.one;
        if (one === undefined) continue;
        const { id, revision } = one.record;
        if (why === 'missing') bases.delete(id);
        // The store holds an earlier revision: the next plan is made from that.
        else if (why === 'differs' && holder !== null && revisionOf(holder.version) < revision) {
          // One that a later release wrote is left to it, though it is of an earlier revision.
          const basis = laterSchemaOf(holder.doc, id) !== null ? null : this.codec.basisOrSkip(holder);
          if (basis === null) out.add(one);
          else bases.set(id, basis);
        } else out.add(one);
      }
      left = left.filter((one) => !out.has(one));
    }
    if (restored < records.length || bases.size > 0) {
      // The records that the store holds may have been used later than it knows.
      await Promise.all(
        records.flatMap(({ record: { id }, lastUsedAt: use }) =>
          use === null ? [] : this.touches.report(id, use, undefined),
        ),
      );
    }
    return restored;
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
