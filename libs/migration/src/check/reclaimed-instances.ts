import {
  type InstanceRecord,
  InstanceRecords,
  ReplacementPreviews,
  type SpotState,
  StoreUnavailableError,
  saysReclaimed,
  spotAfter,
  updateInstance,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { type NovitaInstance, phaseOf } from '@app/novita-client';
import { Clock, inBatches, sideBySide, type Timestamp } from '@app/platform';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { MigrationOptions } from '../migration-options.js';
import type { CandidateVerdict } from '../stats/check-report.js';
import { judgeCandidate } from './judge-candidate.js';

/** Records read in one round trip; the store's own limit. */
const BATCH = 200;
const SIDE_BY_SIDE = 8;

/** A listed instance that is down and that Novita has reclaimed. */
interface Reclaimed {
  readonly item: NovitaInstance;
  readonly spot: SpotState;
}

/**
 * Finds the reclaimed instances among those that any read of Novita has shown, and hands them over to the life cycle, which
 * observes each again and migrates it.
 */
@Injectable()
export class ReclaimedInstances {
  private readonly logger = new Logger(ReclaimedInstances.name);

  constructor(
    private readonly records: InstanceRecords,
    private readonly reconciles: ReconcileRequests,
    private readonly options: MigrationOptions,
    private readonly clock: Clock,
    @Optional() @Inject(ReplacementPreviews) private readonly previews: ReplacementPreviews | null = null,
  ) {}

  /**
   * Acts on what a read for another purpose has shown, unless migrations are switched off. A store that cannot be reached
   * does not spoil that read: a later one shows the same.
   *
   * @param observedAt when that read began
   */
  async note(shown: Iterable<NovitaInstance>, observedAt: Timestamp): Promise<void> {
    if (!this.options.enabled) return;
    try {
      await this.handle(shown, observedAt, false);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      this.logger.warn('reclaimed instances are found by a later read', { err: error });
    }
  }

  /**
   * @param shown as Novita showed them
   * @param observedAt when that read began
   * @param dryRun judges and writes nothing
   * @returns a verdict for each that is ours and that Novita says it has reclaimed
   * @throws StoreUnavailableError
   */
  async handle(
    shown: Iterable<NovitaInstance>,
    observedAt: Timestamp,
    dryRun: boolean,
  ): Promise<readonly CandidateVerdict[]> {
    const reclaimed = [...shown].flatMap((item) => reclaimedOf(item, observedAt));
    const verdicts: CandidateVerdict[] = [];
    for (const batch of inBatches(reclaimed, BATCH)) verdicts.push(...(await this.judgeAll(batch, observedAt, dryRun)));
    return verdicts;
  }

  private async judgeAll(
    batch: readonly Reclaimed[],
    observedAt: Timestamp,
    dryRun: boolean,
  ): Promise<readonly CandidateVerdict[]> {
    const stored = await this.records.getManyByNovitaId(batch.map(({ item }) => item.id));
    const byId = new Map(stored.map(({ record }) => [record.novitaInstanceId, record]));
    const known = batch.flatMap((reclaimed) => {
      const record = byId.get(reclaimed.item.id);
      return record === undefined ? [] : [{ ...reclaimed, record }];
    });
    const verdicts = await sideBySide(
      known,
      SIDE_BY_SIDE,
      async ({ record, item, spot }): Promise<CandidateVerdict> => {
        const { verdict, reason } = judgeCandidate(record, spot, item, this.clock.now());
        const outcome =
          verdict === 'leave' ? 'left' : dryRun ? 'nothing-done' : await this.handOver(record, item, observedAt);
        return { id: record.id, name: record.name, verdict, reason, outcome };
      },
    );
    if (dryRun) return this.withPreviews(verdicts, known);
    await this.reconciles.now(verdicts.filter(({ outcome }) => outcome === 'handed-over').map(({ id }) => id));
    return verdicts;
  }

  /** The verdicts with what would be bought in the place of those that would be migrated, should there be no stock. */
  private async withPreviews(
    verdicts: readonly CandidateVerdict[],
    known: readonly { readonly record: InstanceRecord }[],
  ): Promise<readonly CandidateVerdict[]> {
    const migrated = new Set(verdicts.flatMap(({ id, verdict }) => (verdict === 'migrate' ? [id] : [])));
    const records = known.map(({ record }) => record).filter(({ id }) => migrated.has(id));
    const previews = await this.previews?.of(records);
    return verdicts.map((verdict) => {
      const ifOutOfStock = previews?.get(verdict.id);
      return ifOutOfStock === undefined ? verdict : { ...verdict, ifOutOfStock };
    });
  }

  /** Writes what was observed, and has the life cycle look at the instance now. */
  private async handOver(
    { id }: InstanceRecord,
    item: NovitaInstance,
    observedAt: Timestamp,
  ): Promise<'handed-over' | 'changed-meanwhile'> {
    const at = this.clock.timestamp();
    const reason = 'Novita shows it as reclaimed; the life cycle migrates it';
    const result = await updateInstance(
      this.records,
      id,
      { kind: 'observation', observedAt },
      (current) => {
        const spot = spotOf(item, current.spot, observedAt);
        if (spot === null || judgeCandidate(current, spot, item, this.clock.now()).verdict === 'leave') return current;
        return { ...current, spot, deadlines: { ...current.deadlines, nextReconcileAt: at } };
      },
      () => ({ reason, entry: { at, kind: 'decision', by: 'migration', reason } }),
    );
    return result.outcome === 'written' ? 'handed-over' : 'changed-meanwhile';
  }
}

function reclaimedOf(item: NovitaInstance, at: Timestamp): readonly Reclaimed[] {
  const spot = spotOf(item, null, at);
  const isCandidate = phaseOf(item.status) === 'down' && item.billingMode === 'spot' && saysReclaimed(spot);
  return isCandidate ? [{ item, spot }] : [];
}

function spotOf(
  { spotStatus, spotReclaimAt }: NovitaInstance,
  known: SpotState | null,
  at: Timestamp,
): SpotState | null {
  return spotAfter(known, { status: spotStatus, reclaimAt: spotReclaimAt }, at);
}
