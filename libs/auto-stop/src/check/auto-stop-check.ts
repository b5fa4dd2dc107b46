import { Deadlines, IdleTracker, type InstanceId, InstanceRecords, type StoredInstance } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, inBatches, oneLine, sideBySide } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { AutoStopMetrics } from '../auto-stop-metrics.js';
import { AutoStopOptions, pictureAge } from '../auto-stop-options.js';
import { AutoStopStatsStore } from '../stats/auto-stop-stats-store.port.js';
import { AskBudget } from './ask-budget.js';
import type { CheckReport } from './auto-stop-commands.port.js';
import { CandidateHandler, type CheckScene } from './candidate-handler.js';
import type { CheckOrder } from './check-order.js';
import { CheckTally } from './check-tally.js';
import { dryVerdict } from './dry-verdict.js';
import { FleetPicture } from './fleet-picture.port.js';
import type { Handled } from './handled.js';
import { Suspension } from './suspension.js';

/** Candidates that one check takes; more come with the next, which follows at once while there is progress. */
const MOST_CANDIDATES = 2_000;
/** Records read in one round trip; the store's own limit. */
const BATCH = 200;
/** Candidates acted on at the same time. */
const SIDE_BY_SIDE = 16;
/** Instances that Novita is asked about in one check: at ten calls a second they take a minute of its budget. */
const MOST_ASKED = 500;

/** Looks at the instances whose idle deadline is due, and at no others. */
@Injectable()
export class AutoStopCheck {
  private readonly logger = new Logger(AutoStopCheck.name);

  constructor(
    private readonly records: InstanceRecords,
    private readonly deadlines: Deadlines,
    private readonly idle: IdleTracker,
    private readonly handler: CandidateHandler,
    private readonly fleet: FleetPicture,
    private readonly suspension: Suspension,
    private readonly requests: ReconcileRequests,
    private readonly stats: AutoStopStatsStore,
    private readonly metrics: AutoStopMetrics,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  /**
   * A dry run writes nothing, asks Novita nothing, and answers what a check would do by what is known here.
   * @throws StoreUnavailableError, the reason of the signal
   */
  async run(order: CheckOrder): Promise<CheckReport> {
    try {
      return await this.carryOut(order);
    } catch (error) {
      if (!order.dryRun && !order.signal.aborted) this.metrics.checkFailed();
      throw error;
    }
  }

  private async carryOut(order: CheckOrder): Promise<CheckReport> {
    const startedAt = this.clock.timestamp();
    const scene = this.scene(order.signal);
    const found = await this.deadlines.due('autoStopAt', startedAt, MOST_CANDIDATES + 1);
    const candidates = found.slice(0, MOST_CANDIDATES);
    const tally = new CheckTally();
    for (const ids of inBatches(candidates, BATCH)) {
      order.signal.throwIfAborted();
      await this.takeBatch(ids, order, scene, tally);
    }
    const report = tally.report(order, {
      startedAt,
      endedAt: this.clock.timestamp(),
      suspended: this.suspension.reason(),
      more: found.length > MOST_CANDIDATES,
    });
    if (!order.dryRun) await this.close(report);
    return report;
  }

  private scene(signal: AbortSignal): CheckScene {
    return { picture: pictureAge(this.fleet, this.options), signal, asks: new AskBudget(MOST_ASKED) };
  }

  private async takeBatch(
    ids: readonly InstanceId[],
    { dryRun }: CheckOrder,
    scene: CheckScene,
    tally: CheckTally,
  ): Promise<void> {
    const stored = await this.records.getMany(ids);
    const read = new Set(stored.map(({ record }) => record.id));
    const handled = await sideBySide(stored, SIDE_BY_SIDE, (candidate) =>
      dryRun ? this.judgeDry(candidate, scene) : this.handler.handle(candidate, scene),
    );
    tally.add(handled);
    const unread = ids.filter((id) => !read.has(id));
    const faults = await sideBySide(unread, SIDE_BY_SIDE, (id) => this.faultOf(id));
    const unreadable = faults.filter((fault) => fault !== null).length;
    tally.addUnreadable(unreadable);
    if (dryRun) return;
    this.metrics.counted(handled, unreadable);
    await this.followUp(handled, unread);
  }

  private async judgeDry(stored: StoredInstance, scene: CheckScene): Promise<Handled> {
    const { record, lastUsedAt } = stored;
    const lastUsedBy = lastUsedAt === null ? null : await this.idle.lastUsedBy(record.id);
    return { verdict: dryVerdict(stored, lastUsedBy, scene.picture, this.options, this.clock.now()), next: 'nothing' };
  }

  /** Why a record is not among those read: it cannot be understood, or it is gone, which is no fault. */
  private async faultOf(id: InstanceId): Promise<string | null> {
    try {
      await this.records.get(id);
      return null;
    } catch (error) {
      const why = oneLine(error instanceof Error ? error.message : String(error), 300);
      this.logger.warn('the record of an idle instance cannot be read', { instanceId: id, why });
      return why;
    }
  }

  private async followUp(handled: readonly Handled[], unread: readonly InstanceId[]): Promise<void> {
    const of = (next: Handled['next']): InstanceId[] =>
      handled.flatMap((one) => (one.next === next ? [one.verdict.id] : []));
    const putOff = [...of('put-off'), ...unread];
    const reindex = of('reindex');
    await this.requests.now(of('reconcile'), { urgent: true });
    if (reindex.length > 0) await this.idle.reindex(reindex);
    if (putOff.length > 0) await this.idle.postpone(putOff, this.clock.timestamp());
  }

  private async close(report: CheckReport): Promise<void> {
    const { verdicts: _, ...run } = report;
    await this.stats.record(run);
    this.metrics.checkEnded(report);
    const { checkId, trigger, checked, eligible, warned, stopped, failed, more, suspended } = report;
    if (checked === 0) return;
    const summary = { checkId, trigger, checked, eligible, warned, stopped, failed, more };
    if (suspended !== null && eligible > 0)
      this.logger.warn('idle instances are not stopped', { ...summary, suspended });
    else this.logger.log('auto-stop check', summary);
  }
}
